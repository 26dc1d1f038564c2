// Settings of a task: options of a run, and what a manifest says instead of the default. Each is bound to the member
// that it sets.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "package/manifest.h"

namespace onedge::tasks {

// An enumeration that is set by name: `names[i]` calls set(i).
struct Choice {
  std::span<const std::string_view> names;
  std::function<void(size_t)> set;
};
// The values of E count from 0, in the order of `names`.
template <typename E>
Choice ChoiceOf(std::span<const std::string_view> names, E* member) {
  return {names, [member](size_t i) { *member = static_cast<E>(i); }};
}

struct Setting {
  std::string_view name;  // in snake_case
  // Whole numbers are at least 0; where one is optional, leaving it out means something else.
  std::variant<uint64_t*, std::optional<uint64_t>*, double*, bool*, std::string*, std::vector<double>*,
               std::vector<std::string>*, Choice>
      member;
};

// Sets what `given` names, in snake_case or camelCase. kInvalidArgument: a value that a setting cannot take, or, where
// `strict`, a setting that is not in `settings`, which are those of `task`. Otherwise unknown ones are passed over.
Status ReadSettings(std::string_view task, std::span<const Setting> settings, const package::Settings& given,
                    bool strict);

}  // namespace onedge::tasks

// Settings of a task: the options of a run, and the manifest's values instead of the defaults. Each is bound to the
// member that it sets.
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
  // Whole numbers are at least 0. For an optional one, absence has a meaning of its own.
  std::variant<uint64_t*, std::optional<uint64_t>*, double*, bool*, std::optional<bool>*, std::string*,
               std::vector<double>*, std::vector<std::string>*, Choice>
      member;
};

// Sets the settings in `given`, whose names are in snake_case or camelCase. kInvalidArgument: an invalid value or, if
// `strict`, a name that is not in `settings`, the settings of `task`. If not `strict`, unknown names are ignored.
Status ReadSettings(std::string_view task, std::span<const Setting> settings, const package::Settings& given,
                    bool strict);

}  // namespace onedge::tasks

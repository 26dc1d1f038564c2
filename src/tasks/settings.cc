#include "tasks/settings.h"

#include <algorithm>
#include <cmath>

namespace onedge::tasks {
namespace {

using Given = package::Settings::Value;

bool SameName(std::string_view setting, std::string_view given) {
  size_t at = 0;
  for (char c : given) {
    const bool upper = c >= 'A' && c <= 'Z';
    if (upper && (at >= setting.size() || setting[at++] != '_')) return false;
    if (at >= setting.size() || setting[at++] != (upper ? c - 'A' + 'a' : c)) return false;
  }
  return at == setting.size();
}

// Sets `member`, or returns the expectation that the value does not meet.
std::string Assign(const Given& value, uint64_t* member) {
  const double* number = std::get_if<double>(&value);
  if (!number || *number < 0 || *number > 9007199254740992.0 || *number != std::floor(*number)) {
    return "a whole number of at least 0";
  }
  *member = static_cast<uint64_t>(*number);
  return {};
}
std::string Assign(const Given& value, std::optional<uint64_t>* member) { return Assign(value, &member->emplace()); }

template <typename T>
std::string AssignSame(const Given& value, T* member, const char* expected) {
  const T* same = std::get_if<T>(&value);
  if (!same) return expected;
  *member = *same;
  return {};
}
std::string Assign(const Given& value, double* member) { return AssignSame(value, member, "a number"); }
std::string Assign(const Given& value, bool* member) { return AssignSame(value, member, "true or false"); }
std::string Assign(const Given& value, std::optional<bool>* member) { return Assign(value, &member->emplace()); }
std::string Assign(const Given& value, std::string* member) { return AssignSame(value, member, "a string"); }
std::string Assign(const Given& value, std::vector<double>* member) {
  return AssignSame(value, member, "an array of numbers");
}

std::string Assign(const Given& value, std::vector<std::string>* member) {
  const auto* none = std::get_if<std::vector<double>>(&value);  // an empty array counts as an array of numbers
  const auto* one = std::get_if<std::string>(&value);
  if (none && none->empty()) {
    member->clear();
  } else if (one) {
    member->assign(1, *one);
  } else {
    return AssignSame(value, member, "an array of strings");
  }
  return {};
}

std::string Assign(const Given& value, const Choice& choice) {
  const auto* name = std::get_if<std::string>(&value);
  const auto found = name ? std::ranges::find(choice.names, *name) : choice.names.end();
  if (found != choice.names.end()) {
    choice.set(static_cast<size_t>(found - choice.names.begin()));
    return {};
  }
  std::string expected;
  for (std::string_view known : choice.names) expected += StrCat(expected.empty() ? "" : " ", known);
  return expected;
}

}  // namespace

Status ReadSettings(std::string_view task, std::span<const Setting> settings, const package::Settings& given,
                    bool strict) {
  for (const package::Settings::Entry& entry : given.entries()) {
    const auto setting =
        std::ranges::find_if(settings, [&](const Setting& one) { return SameName(one.name, entry.name); });
    if (setting != settings.end()) {
      const std::string expected =
          std::visit([&](const auto& member) { return Assign(entry.value, member); }, setting->member);
      if (!expected.empty()) return InvalidArgument("'", entry.name, "': expected ", expected);
    } else if (strict) {
      std::string known;
      for (const Setting& one : settings) known += StrCat(known.empty() ? "" : ", ", one.name);
      return InvalidArgument("'", entry.name, "' is not a setting of ", task, "; its settings are ", known);
    }
  }
  return OkStatus();
}

}  // namespace onedge::tasks

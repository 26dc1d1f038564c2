#include "cli/setting.h"

namespace onedge::cli {

Result<api::Settings> ParseSetting(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return InvalidArgument("expected NAME=VALUE, got '", text, "'");
  const std::string name = text.substr(0, equals);
  const std::string value = text.substr(equals + 1);
  if (name.find_first_of("\"\\") == std::string::npos) {
    auto parsed = api::ParseSettings(StrCat("{\"", name, "\": ", value, "}"));
    if (parsed.ok()) return parsed;
  }
  api::Settings settings;
  settings.Set(name, value);
  return settings;
}

}  // namespace onedge::cli

// Settings of tasks on the command line.
#pragma once

#include <string>

#include "package/manifest.h"

namespace onedge::cli {

// NAME=VALUE: the value is JSON, or where it is none a string.
Result<package::Settings> ParseSetting(const std::string& text);

}  // namespace onedge::cli

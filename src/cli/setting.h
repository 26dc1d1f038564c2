// Settings of tasks on the command line.
#pragma once

#include <string>

#include "api/model.h"

namespace onedge::cli {

// NAME=VALUE: the value is JSON, or a string if it is not valid JSON.
Result<api::Settings> ParseSetting(const std::string& text);

}  // namespace onedge::cli

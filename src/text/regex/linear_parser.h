// The parser of LinearRegex: from a pattern to the instructions of its NFA. Internal to this folder.
#pragma once

#include "text/regex/linear_regex.h"

namespace onedge::regex {

Status ParseLinear(std::string_view pattern, std::vector<LinearRegex::Instruction>& program,
                   std::vector<CodePointSet>& sets);

}  // namespace onedge::regex

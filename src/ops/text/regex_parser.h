// The parser of Regex: a pattern to the instructions of its NFA.
#pragma once

#include "ops/text/regex.h"

namespace onedge::ops {

Result<std::vector<Regex::Instruction>> ParseRegex(std::string_view pattern);

}  // namespace onedge::ops

// The makers of all models; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using ModelResult = Result<std::unique_ptr<const Model>>;

ModelResult ParseWordPiece(const Json& json);

}  // namespace onedge::tokenizer

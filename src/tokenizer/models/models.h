// Declares the factories of all models; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using ModelResult = Result<std::unique_ptr<const Model>>;

ModelResult ParseBpe(const Json& json);
ModelResult ParseUnigram(const Json& json);
ModelResult ParseWordLevel(const Json& json);
ModelResult ParseWordPiece(const Json& json);

// "<0x41>" for 0x41: the token for a byte with byte_fallback.
std::string ByteToken(uint8_t byte);

}  // namespace onedge::tokenizer

// Declares the factories of all decoders; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using DecoderResult = Result<std::unique_ptr<const Decoder>>;

DecoderResult ParseBpeDecoder(const Json& json);
DecoderResult ParseByteFallback(const Json& json);
DecoderResult ParseByteLevelDecoder(const Json& json);
DecoderResult ParseCtc(const Json& json);
DecoderResult ParseDecoderSequence(const Json& json);
DecoderResult ParseFuse(const Json& json);
DecoderResult ParseMetaspaceDecoder(const Json& json);
DecoderResult ParseReplaceDecoder(const Json& json);
DecoderResult ParseStripDecoder(const Json& json);
DecoderResult ParseWordPieceDecoder(const Json& json);

// `text` with each `from` replaced by `to`, from left to right. REQUIRES: from is not empty.
std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to);

// Removes the space before punctuation and English contractions ("cleanup").
void TidyEnglish(std::string& token);

}  // namespace onedge::tokenizer

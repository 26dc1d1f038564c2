// The converters of formats.cc, a file each. They write a whole tokenizer.json; after a failure `out` holds a part of
// one.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tokenizer/formats/json_text.h"

namespace onedge::tokenizer {

Status ConvertVocabTxt(std::string_view file, bool lowercase, JsonText& out);
// `family`: one that the format has, or "". REQUIRES: as FormatOptions.
Status ConvertVocabJson(std::span<const uint8_t> file, std::string_view merges, std::string_view family, JsonText& out);
Status ConvertSentencePiece(std::string_view file, std::string_view family, JsonText& out);

// Out of line, as the templates of base/status.h would be functions of their own for each length of message.
Status Refuse(StatusCode code, const char* message);
// CorruptFile: `what`, the number and `rest`, one after the other.
Status CorruptAt(const char* what, size_t number, const char* rest);

}  // namespace onedge::tokenizer

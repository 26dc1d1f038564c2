// The converters of formats.cc, one file each. They write a whole tokenizer.json; after a failure `out` is incomplete.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/status.h"
#include "tokenizer/formats/json_text.h"

namespace onedge::tokenizer {

Status ConvertVocabTxt(std::string_view file, bool lowercase, JsonText& out);
// `family`: a family of the format, or "". REQUIRES: the same as FormatOptions.
Status ConvertVocabJson(std::span<const uint8_t> file, std::string_view merges, std::string_view family, JsonText& out);
Status ConvertSentencePiece(std::string_view file, std::string_view family, JsonText& out);

// Out of line: the templates of base/status.h would make a function for each length of message.
Status Refuse(StatusCode code, const char* message);
// CorruptFile with `what`, the number and `rest` joined.
Status CorruptAt(const char* what, size_t number, const char* rest);

}  // namespace onedge::tokenizer

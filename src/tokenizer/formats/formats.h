// Tokenizers in files other than tokenizer.json. Each is converted to the tokenizer.json that Hugging Face's converters
// make (docs/tokenizer.md), then loaded as usual. The format is detected from the content.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/status.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

struct FormatOptions {
  std::span<const uint8_t> merges;               // merges.txt: required by vocab.json; other files do not take it
  std::optional<bool> lowercase = std::nullopt;  // for a vocab.txt; nullopt: true, as in BertTokenizerFast
  // "": by content. vocab.json: gpt2, roberta, clip. A sentencepiece model: t5, llama, sentencepiece (without special
  // tokens around the text).
  std::string_view family = {};
};

// `file`: tokenizer.json, BERT's vocab.txt, vocab.json or a sentencepiece model. CorruptFile: another or a broken file.
// InvalidArgument: an option that this file does not take, or a missing one that it needs. Unsupported: a valid file
// that tokenizer.json cannot express.
Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const FormatOptions& options);

// Converts and loads; a tokenizer.json is loaded without a copy.
Result<std::unique_ptr<const Tokenizer>> LoadFile(std::span<const uint8_t> file, const FormatOptions& options);

}  // namespace onedge::tokenizer

// Tokenizers in files other than tokenizer.json: each becomes the text of the tokenizer.json that Hugging Face's
// converters make of it (docs/tokenizer.md), and goes through the one loader. What a file is, its bytes say.
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
  std::span<const uint8_t> merges;               // merges.txt: a vocab.json needs it, nothing else takes it
  std::optional<bool> lowercase = std::nullopt;  // of a vocab.txt; nullopt: true, as in BertTokenizerFast
  // "": by content. vocab.json: gpt2, roberta, clip. A sentencepiece model: t5, llama, sentencepiece (no special tokens
  // put around the text).
  std::string_view family = {};
};

// `file`: tokenizer.json, BERT's vocab.txt, vocab.json or a sentencepiece model. CorruptFile: none of them, or a broken
// one. InvalidArgument: an option that this file does not take, or one that it needs. Unsupported: a valid file that
// tokenizer.json has no form for.
Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const FormatOptions& options);

// The same, loaded; a tokenizer.json without a copy.
Result<std::unique_ptr<const Tokenizer>> LoadFile(std::span<const uint8_t> file, const FormatOptions& options);

}  // namespace onedge::tokenizer

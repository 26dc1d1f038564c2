// api::Tokenizer: text to token ids and back, by itself or as a Model's. tokenizer/tokenizer.h has the interface.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/tokenizer.h"

namespace onedge::api {

using tokenizer::Direction;
using tokenizer::EncodedToken;
using tokenizer::EncodeInput;
using tokenizer::EncodeOptions;
using tokenizer::Encoding;
using tokenizer::OffsetUnit;
using tokenizer::Padding;
using tokenizer::PaddingStrategy;
using tokenizer::Tokenizer;
using tokenizer::Truncation;
using tokenizer::TruncationStrategy;

struct TokenizerFileOptions {
  std::span<const uint8_t> merges = {};          // merges.txt: a vocab.json needs it, nothing else takes it
  std::optional<bool> lowercase = std::nullopt;  // of a vocab.txt; nullopt: true, as in BertTokenizerFast
  // "": by content. vocab.json: gpt2, roberta, clip. A sentencepiece model: t5, llama, sentencepiece.
  std::string_view family = {};
};

// `file`: tokenizer.json, vocab.txt, vocab.json, a sentencepiece model, or a compiled image. A compiled image is used
// where it lies, and kept by `owner`; null: it is copied. CorruptFile: none of them, or a broken one. InvalidArgument:
// an option that this file does not take, or one that it needs. Unsupported: a valid file that cannot be a
// tokenizer.json.
Result<std::unique_ptr<const Tokenizer>> LoadTokenizer(std::span<const uint8_t> file,
                                                       const TokenizerFileOptions& options = {},
                                                       std::shared_ptr<const void> owner = nullptr);
// The tokenizer.json that is made of such a file. Errors as LoadTokenizer.
Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const TokenizerFileOptions& options = {});

}  // namespace onedge::api

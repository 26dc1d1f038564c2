// api::Tokenizer: text to token ids and back, alone or as a Model's. tokenizer/tokenizer.h has the interface.
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
  // "": detected from the content. vocab.json: gpt2, roberta, clip. A sentencepiece model: t5, llama, sentencepiece.
  std::string_view family = {};
};

// `file`: tokenizer.json, vocab.txt, vocab.json, a sentencepiece model, or a compiled image. A compiled image is used
// in place and kept by `owner`; if `owner` is null, it is copied. CorruptFile: another or a broken file.
// InvalidArgument: an option that this file does not take, or a missing one that it needs. Unsupported: a valid file
// that tokenizer.json cannot express.
Result<std::unique_ptr<const Tokenizer>> LoadTokenizer(std::span<const uint8_t> file,
                                                       const TokenizerFileOptions& options = {},
                                                       std::shared_ptr<const void> owner = nullptr);
// The tokenizer.json for such a file. Errors as for LoadTokenizer.
Result<std::string> ToTokenizerJson(std::span<const uint8_t> file, const TokenizerFileOptions& options = {});

}  // namespace onedge::api

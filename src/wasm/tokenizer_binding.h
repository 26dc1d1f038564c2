// The tokenizer as JS sees it: strings in, typed arrays out, offsets in UTF-16 units as JS strings are indexed.
#pragma once

#include <memory>
#include <string>

#include "tokenizer/tokenizer.h"
#include "wasm/handles.h"

namespace onedge::wasm {

class TokenizerHandle : public Counted {
 public:
  static constexpr char kType[] = "Tokenizer";
  explicit TokenizerHandle(std::shared_ptr<const tokenizer::Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}

  // `json`: the bytes of a tokenizer.json. A TokenizerHandle or {error}.
  static val Load(const val& json);

  // `inputs`: array of [text] or [text, pair]. `options`: {addSpecialTokens, truncation, padding} as js/tokenizer.js
  // writes them. An array of {ids, typeIds, attentionMask, specialTokensMask, offsets, wordIds, overflowing}, or
  // {error}.
  val Encode(const val& inputs, const val& options) const;
  val Decode(const val& ids, bool skip_special_tokens) const;
  val TokenToId(const std::string& token) const;  // undefined where there is none
  val IdToToken(int32_t id) const;                // undefined where there is none
  size_t VocabularySize() const { return tokenizer_->vocabulary_size(); }

 private:
  std::shared_ptr<const tokenizer::Tokenizer> tokenizer_;
};

}  // namespace onedge::wasm

// The tokenizer as JS sees it. What is called often, encoding, goes around Embind: js/tokenizer.js writes texts into
// wasm memory and reads the tokens out of it, both as flat arrays. Offsets are in UTF-16 units, as JS strings are
// indexed.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "api/tokenizer.h"
#include "wasm/handles.h"

namespace onedge::wasm {

class TokenizerHandle : public Counted {
 public:
  static constexpr char kType[] = "Tokenizer";
  explicit TokenizerHandle(std::shared_ptr<const api::Tokenizer> tokenizer) : tokenizer_(std::move(tokenizer)) {}

  // `file`, `merges`: bytes; what api::LoadTokenizer takes. `merges` may be empty, `lowercase`
  // undefined. A TokenizerHandle or {error}.
  static val Load(const val& file, const val& merges, const val& lowercase, const std::string& family);

  // Why the last Encode failed: {error}.
  val LastFailure() const { return Failure(status_); }

  val Decode(const val& ids, bool skip_special_tokens) const;
  val TokenToId(const std::string& token) const;  // undefined where there is none
  val IdToToken(int32_t id) const;                // undefined where there is none
  size_t VocabularySize() const { return tokenizer_->vocabulary_size(); }

  // Room for `words` words of a request, which JS fills before Encode.
  int32_t* Request(size_t words);
  // Encodes the request and answers in words, valid until the next call; null where it failed. Both are laid out as
  // RequestWord and Write in tokenizer_binding.cc say.
  const int32_t* Encode();

 private:
  std::shared_ptr<const api::Tokenizer> tokenizer_;
  std::vector<int32_t> request_, answer_;
  Status status_;
};

}  // namespace onedge::wasm

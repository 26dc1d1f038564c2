// The tokenizer for JS. Encoding, the frequent call, does not use Embind: js/tokenizer.js writes texts into wasm memory
// and reads the tokens from it, both as flat arrays. Offsets are in UTF-16 units, like indices of JS strings.
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

  // `file`, `merges`: bytes for api::LoadTokenizer. `merges` may be empty, `lowercase` undefined. Returns a
  // TokenizerHandle or {error}.
  static val Load(const val& file, const val& merges, const val& lowercase, const std::string& family);

  // The error of the last Encode: {error}.
  val LastFailure() const { return Failure(status_); }

  val Decode(const val& ids, bool skip_special_tokens) const;
  val TokenToId(const std::string& token) const;  // undefined if absent
  val IdToToken(int32_t id) const;                // undefined if absent
  size_t VocabularySize() const { return tokenizer_->vocabulary_size(); }

  // Room for a request of `words` words. JS fills it before Encode.
  int32_t* Request(size_t words);
  // Encodes the request. Returns the answer in words, valid until the next call; null on failure. RequestWord and Write
  // in tokenizer_binding.cc describe both layouts.
  const int32_t* Encode();

 private:
  std::shared_ptr<const api::Tokenizer> tokenizer_;
  std::vector<int32_t> request_, answer_;
  Status status_;
};

}  // namespace onedge::wasm

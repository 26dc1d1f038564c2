// AddedVocabulary: the tokens that stand outside the model, found in the text before (or, when `normalized`, after)
// normalization. Immutable after Parse.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/cuts.h"
#include "tokenizer/pre_tokenized_text.h"
#include "tokenizer/stages.h"
#include "tokenizer/trie.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {

struct AddedToken {
  std::string content;
  bool single_word = false;  // only where no word character touches it
  bool lstrip = false;       // takes the whitespace before it along
  bool rstrip = false;       // takes the whitespace after it along
  bool normalized = true;    // looked for in the normalized text, in its own normalized form
  bool special = false;      // Decode can skip it
  friend bool operator==(const AddedToken&, const AddedToken&) = default;
};

class AddedVocabulary {
 public:
  // `tokens`: the list of tokenizer.json. As in Hugging Face the ids there count for nothing: a token has the model's
  // id if the model knows it, and else the next free one. `normalizer` may be null.
  static Result<AddedVocabulary> Parse(const Json& tokens, const Model& model, const Normalizer* normalizer);

  // Cuts the text at the tokens that are looked for in the original, or in the normalized text.
  void CutOriginal(PreTokenizedText& text) const { Cut(original_, text); }
  void CutNormalized(PreTokenizedText& text) const { Cut(normalized_, text); }
  // Where cutting the text keeps CutNormalized from finding no token that it would find in the whole.
  CutSet KeptCuts() const;
  bool LooksInNormalized() const { return !normalized_.trie.empty(); }

  std::optional<int32_t> TokenToId(std::string_view token) const;
  std::optional<std::string_view> IdToToken(int32_t id) const;
  bool IsSpecial(std::string_view token) const;
  // Tokens that the model does not have.
  size_t added_size() const { return added_size_; }

 private:
  struct Entry {
    int32_t id;
    AddedToken token;
  };
  // Finds the leftmost longest of its patterns.
  struct Matcher {
    Trie trie;              // values are indexes of by_id_
    bool starts[256] = {};  // bytes that a pattern begins with
    int only_start = -1;    // when there is but one
    CutSet inside;          // where a cut would go through a pattern, or separate it from what it looks at
  };

  Status Add(const AddedToken& token, const Model& model, MemoryReservation* memory);
  Status BuildMatcher(bool normalized, const Normalizer* normalizer, Matcher& matcher, MemoryReservation* memory) const;
  int32_t IndexOf(int32_t id) const;
  void Cut(const Matcher& matcher, PreTokenizedText& text) const;

  Vocabulary ids_;                                         // content -> id
  Vocabulary special_;                                     // contents of special tokens
  std::vector<Entry> by_id_;                               // the last token given for each id; sorted
  std::vector<AddedToken> special_tokens_, other_tokens_;  // what is looked for: in this order, each as first given
  Matcher original_, normalized_;
  int32_t max_id_ = -1;
  size_t added_size_ = 0;
};

}  // namespace onedge::tokenizer

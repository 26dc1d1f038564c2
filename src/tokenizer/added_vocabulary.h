// AddedVocabulary: the tokens outside the model, found in the text before normalization (or after it, if `normalized`).
// Immutable after Parse.
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
  bool single_word = false;  // only if it touches no word character
  bool lstrip = false;       // also takes the whitespace before it
  bool rstrip = false;       // also takes the whitespace after it
  bool normalized = true;    // searched in the normalized text, in its own normalized form
  bool special = false;      // Decode can skip it
  friend bool operator==(const AddedToken&, const AddedToken&) = default;
};

class AddedVocabulary {
 public:
  // `tokens`: the list of tokenizer.json. As in Hugging Face, the ids there are ignored: a token has the model's id if
  // the model knows it, and otherwise the next free id. `normalizer` may be null.
  static Result<AddedVocabulary> Parse(const Json& tokens, const Model& model, const Normalizer* normalizer);

  // Cuts the text at the tokens that are searched in the original, or in the normalized text.
  void CutOriginal(PreTokenizedText& text) const { Cut(original_, text); }
  void CutNormalized(PreTokenizedText& text) const { Cut(normalized_, text); }
  // The cuts of a text after which CutNormalized still finds every token of the whole text.
  CutSet KeptCuts() const;
  bool LooksInNormalized() const { return !normalized_.trie.empty(); }

  std::optional<int32_t> TokenToId(std::string_view token) const;
  std::optional<std::string_view> IdToToken(int32_t id) const;
  bool IsSpecial(std::string_view token) const;
  // The number of tokens that the model lacks.
  size_t added_size() const { return added_size_; }

 private:
  struct Entry {
    int32_t id;
    AddedToken token;
  };
  // Finds the leftmost longest match of its patterns.
  struct Matcher {
    Trie trie;              // values are indexes of by_id_
    bool starts[256] = {};  // the first bytes of the patterns
    int only_start = -1;    // the first byte, if all patterns share it
    CutSet inside;          // cuts that would divide a pattern, or separate it from characters that it depends on
  };

  Status Add(const AddedToken& token, const Model& model, MemoryReservation* memory);
  Status BuildMatcher(bool normalized, const Normalizer* normalizer, Matcher& matcher, MemoryReservation* memory) const;
  int32_t IndexOf(int32_t id) const;
  void Cut(const Matcher& matcher, PreTokenizedText& text) const;

  Vocabulary ids_;                                         // content -> id
  Vocabulary special_;                                     // contents of special tokens
  std::vector<Entry> by_id_;                               // for each id the last token given; sorted
  std::vector<AddedToken> special_tokens_, other_tokens_;  // the patterns: in this order, each at its first place
  Matcher original_, normalized_;
  int32_t max_id_ = -1;
  size_t added_size_ = 0;
};

}  // namespace onedge::tokenizer

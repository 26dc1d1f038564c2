// WordPiece: takes the longest prefix of a word in the vocabulary, then the longest "##" continuation, and so on. A
// word that cannot be covered, or is too long, becomes one unknown token.
#include <algorithm>

#include "tokenizer/models/models.h"
#include "tokenizer/trie.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {
namespace {

class WordPiece final : public Model {
 public:
  static ModelResult Parse(const Json& json) {
    auto model = std::make_unique<WordPiece>();
    ONEDGE_ASSIGN_OR_RETURN(model->unknown_, json.StringMember("unk_token"));
    ONEDGE_ASSIGN_OR_RETURN(const std::string prefix, json.StringMember("continuing_subword_prefix"));
    ONEDGE_ASSIGN_OR_RETURN(const Json limit, json.Member("max_input_chars_per_word"));
    ONEDGE_ASSIGN_OR_RETURN(model->max_characters_, limit.AsCount(INT64_MAX));
    ONEDGE_ASSIGN_OR_RETURN(const Json vocabulary, json.Member("vocab"));
    ONEDGE_ASSIGN_OR_RETURN(model->vocabulary_, Vocabulary::Parse(vocabulary, Vocabulary::Index::kDropped));
    if (json.tables().from) {
      ONEDGE_ASSIGN_OR_RETURN(model->trie_, Trie::View(*json.tables().from, INT64_MAX));
    } else {
      std::vector<Trie::Key> keys;  // charged by Build
      keys.reserve(model->vocabulary_.size());
      for (size_t i = 0; i < model->vocabulary_.size(); ++i)
        keys.push_back({model->vocabulary_.text(i), model->vocabulary_.id(i)});
      ONEDGE_ASSIGN_OR_RETURN(model->trie_, Trie::Build(std::move(keys), json.tables().memory));
    }
    if (json.tables().to) model->trie_.Store(*json.tables().to);
    model->continuation_ = model->trie_.Find(Trie::kRoot, prefix);
    model->unknown_id_ = model->TokenToId(model->unknown_).value_or(kNoToken);
    return std::unique_ptr<const Model>(std::move(model));
  }

  Status Tokenize(std::string_view sequence, ModelWorkspace&, std::vector<Token>& out) const override {
    const uint32_t size = static_cast<uint32_t>(sequence.size());
    if (size > max_characters_ && unicode::CountCodePoints(sequence) > max_characters_) return Unknown(size, out);
    const size_t first = out.size();
    int64_t node = Trie::kRoot;
    for (uint32_t begin = 0; begin < size;) {
      if (node < 0) return out.resize(first), Unknown(size, out);
      const Token token = LongestFrom(static_cast<uint32_t>(node), sequence, begin);
      if (token.id == kNoToken) return out.resize(first), Unknown(size, out);
      out.push_back(token);
      begin = token.end;
      node = continuation_;
    }
    return OkStatus();
  }

  bool EndsTokensBefore(std::string_view) const override { return false; }
  std::optional<int32_t> TokenToId(std::string_view token) const override {
    const int64_t node = trie_.Find(Trie::kRoot, token);
    const int32_t id = node < 0 ? Trie::kNoValue : trie_.value(static_cast<uint32_t>(node));
    return id == Trie::kNoValue ? std::nullopt : std::optional(id);
  }
  std::optional<std::string_view> IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  size_t vocabulary_size() const override { return vocabulary_.size(); }

 private:
  Token LongestFrom(uint32_t node, std::string_view sequence, uint32_t begin) const {
    Token longest{kNoToken, begin, begin};
    for (uint32_t i = begin; i < sequence.size();) {
      if (!trie_.Step(node, static_cast<uint8_t>(sequence[i]))) break;
      ++i;
      if (const int32_t id = trie_.value(node); id != Trie::kNoValue) longest = {id, begin, i};
    }
    return longest;
  }

  Status Unknown(uint32_t size, std::vector<Token>& out) const {
    if (unknown_id_ == kNoToken) {
      return InvalidArgument("WordPiece: a word needs the unknown token '", unknown_,
                             "', which is not in the vocabulary");
    }
    out.push_back({unknown_id_, 0, size});
    return OkStatus();
  }

  Vocabulary vocabulary_;
  Trie trie_;
  int64_t continuation_ = -1;  // the node of the continuation prefix; -1: no token begins with it
  std::string unknown_;
  int32_t unknown_id_ = kNoToken;
  uint64_t max_characters_ = 0;
};

}  // namespace

ModelResult ParseWordPiece(const Json& json) { return WordPiece::Parse(json); }

}  // namespace onedge::tokenizer

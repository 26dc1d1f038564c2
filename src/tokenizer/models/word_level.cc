// WordLevel: each split is one token, or the unknown one.
#include "tokenizer/models/models.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {
namespace {

class WordLevel final : public Model {
 public:
  WordLevel(Vocabulary vocabulary, std::string unknown)
      : vocabulary_(std::move(vocabulary)), unknown_(std::move(unknown)) {
    unknown_id_ = vocabulary_.TokenToId(unknown_);
  }

  Status Tokenize(std::string_view sequence, ModelWorkspace&, std::vector<Token>& out) const override {
    std::optional<int32_t> id = vocabulary_.TokenToId(sequence);
    if (!id) id = unknown_id_;
    if (!id)
      return InvalidArgument("WordLevel: '", sequence.substr(0, 60), "' needs the unknown token '", unknown_,
                             "', which is not in the vocabulary");
    out.push_back({*id, 0, static_cast<uint32_t>(sequence.size())});
    return OkStatus();
  }

  bool EndsTokensBefore(std::string_view) const override { return false; }
  std::optional<int32_t> TokenToId(std::string_view token) const override { return vocabulary_.TokenToId(token); }
  std::optional<std::string_view> IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  size_t vocabulary_size() const override { return vocabulary_.size(); }

 private:
  Vocabulary vocabulary_;
  std::string unknown_;
  std::optional<int32_t> unknown_id_;
};

}  // namespace

ModelResult ParseWordLevel(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(std::string unknown, json.StringMember("unk_token"));
  ONEDGE_ASSIGN_OR_RETURN(const Json members, json.Member("vocab"));
  ONEDGE_ASSIGN_OR_RETURN(Vocabulary vocabulary, Vocabulary::Parse(members));
  return std::unique_ptr<const Model>(std::make_unique<WordLevel>(std::move(vocabulary), std::move(unknown)));
}

}  // namespace onedge::tokenizer

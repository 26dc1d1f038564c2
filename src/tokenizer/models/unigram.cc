// Unigram: of all ways to divide a split into tokens, chooses the one with the highest sum of scores.
#include <algorithm>

#include "tokenizer/models/models.h"
#include "tokenizer/models/workspace.h"
#include "tokenizer/trie.h"
#include "tokenizer/vocabulary.h"

namespace onedge::tokenizer {
namespace {

class Unigram final : public Model {
 public:
  static ModelResult Parse(const Json& json);
  Status Tokenize(std::string_view sequence, ModelWorkspace& workspace, std::vector<Token>& out) const override;
  // A sum that starts anew rounds differently, which can change the choice between two tokens.
  bool EndsTokensBefore(std::string_view) const override { return false; }

  std::optional<int32_t> TokenToId(std::string_view token) const override {
    const int64_t node = token.empty() ? -1 : trie_.Find(Trie::kRoot, token);
    const int32_t id = node < 0 ? Trie::kNoValue : trie_.value(static_cast<uint32_t>(node));
    return id == Trie::kNoValue ? std::nullopt : std::optional<int32_t>(id);
  }
  std::optional<std::string_view> IdToToken(int32_t id) const override { return vocabulary_.IdToToken(id); }
  size_t vocabulary_size() const override { return scores_.size(); }

 private:
  using Node = ModelWorkspace::Node;
  static constexpr uint32_t kNone = UINT32_MAX;
  static constexpr double kUnknownPenalty = 10;  // below the lowest score, as in SentencePiece

  Status ParsePieces(const Json& list);
  Status ViewPieces(const Image& image);
  Status FindBest(std::string_view sequence, std::vector<Node>& ends) const;
  // Adds the token of a stretch that the vocabulary lacks: its bytes, or the unknown token.
  Status AddUnknown(std::string_view sequence, uint32_t begin, uint32_t end, std::vector<Token>& out) const;

  Vocabulary vocabulary_;
  FlatArray<double> scores_;  // by id
  Trie trie_;
  int32_t unknown_id_ = kNoToken;
  double unknown_score_ = 0;
  bool byte_fallback_ = false;
};

Status Unigram::FindBest(std::string_view sequence, std::vector<Node>& ends) const {
  const uint32_t size = static_cast<uint32_t>(sequence.size());
  ends.assign(size + 1, Node{0, kNone, kNoToken});
  const auto offer = [&ends](uint32_t begin, uint32_t end, double score, int32_t id) {
    Node& node = ends[end];
    if (node.begin == kNone || score > node.score) node = {score, begin, id};
  };
  for (uint32_t begin = 0; begin < size;) {
    const double here = ends[begin].score;
    const uint32_t character_end = begin + unicode::SequenceLength(sequence[begin]);
    bool has_character = false;
    uint32_t node = Trie::kRoot;
    for (uint32_t i = begin; i < size && trie_.Step(node, static_cast<uint8_t>(sequence[i]));) {
      ++i;
      const int32_t id = trie_.value(node);
      if (id == Trie::kNoValue) continue;
      offer(begin, i, scores_[static_cast<size_t>(id)] + here, id);
      has_character |= i == character_end;
    }
    if (!has_character) {
      if (unknown_id_ == kNoToken) {
        return InvalidArgument("Unigram: '", sequence.substr(begin, character_end - begin),
                               "' is not in the vocabulary, and there is no unk_id");
      }
      offer(begin, character_end, unknown_score_ + here, unknown_id_);
    }
    begin = character_end;
  }
  return OkStatus();
}

Status Unigram::AddUnknown(std::string_view sequence, uint32_t begin, uint32_t end, std::vector<Token>& out) const {
  const std::string_view stretch = sequence.substr(begin, end - begin);
  if (const auto id = TokenToId(stretch)) {
    out.push_back({*id, begin, end, /*literal=*/true});
    return OkStatus();
  }
  if (byte_fallback_) {
    std::vector<Token> bytes;
    for (const char byte : stretch) {
      if (const auto id = TokenToId(ByteToken(static_cast<uint8_t>(byte)))) bytes.push_back({*id, begin, end});
    }
    if (bytes.size() == stretch.size()) {
      out.insert(out.end(), bytes.begin(), bytes.end());
      return OkStatus();
    }
  }
  out.push_back({unknown_id_, begin, end, /*literal=*/true});
  return OkStatus();
}

Status Unigram::Tokenize(std::string_view sequence, ModelWorkspace& workspace, std::vector<Token>& out) const {
  if (sequence.empty()) return OkStatus();
  std::vector<Node>& ends = workspace.nodes;
  ONEDGE_RETURN_IF_ERROR(FindBest(sequence, ends));
  std::vector<Token>& reversed = workspace.reversed;
  reversed.clear();
  for (uint32_t end = static_cast<uint32_t>(sequence.size()); end > 0; end = reversed.back().begin) {
    const Node& node = ends[end];
    // Neighbouring unknown characters form one token.
    if (node.id == unknown_id_ && !reversed.empty() && reversed.back().id == unknown_id_)
      reversed.back().begin = node.begin;
    else
      reversed.push_back({node.id, node.begin, end});
  }
  for (auto token = reversed.rbegin(); token != reversed.rend(); ++token) {
    if (token->id == unknown_id_)
      ONEDGE_RETURN_IF_ERROR(AddUnknown(sequence, token->begin, token->end, out));
    else
      out.push_back(*token);
  }
  return OkStatus();
}

Status Unigram::ParsePieces(const Json& list) {
  MemoryReservation* const memory = list.tables().memory;
  std::vector<Trie::Key> keys;
  std::vector<double> scores;
  ONEDGE_RETURN_IF_ERROR(ReserveMore(scores, list.size(), memory));
  keys.reserve(list.size());  // charged by Build
  ONEDGE_RETURN_IF_ERROR(list.ForEach([&](const Json& entry) -> Status {
    std::optional<std::string_view> piece;
    std::optional<double> score;
    ONEDGE_RETURN_IF_ERROR(entry.ForEach([&](const Json& part) -> Status {
      if (!piece) {
        ONEDGE_ASSIGN_OR_RETURN(piece, part.AsString());
        return OkStatus();
      }
      if (score) return entry.Expected("a piece and its score");
      ONEDGE_ASSIGN_OR_RETURN(score, part.AsNumber());
      return OkStatus();
    }));
    if (!score) return entry.Expected("a piece and its score");
    const int32_t id = static_cast<int32_t>(scores.size());
    ONEDGE_RETURN_IF_ERROR(vocabulary_.Add(*piece, id, memory));
    if (!piece->empty()) keys.push_back({*piece, id});
    scores.push_back(*score);
    return OkStatus();
  }));
  ONEDGE_RETURN_IF_ERROR(vocabulary_.Finish(memory));
  vocabulary_.DropIndex(memory);
  scores_ = std::move(scores);
  ONEDGE_ASSIGN_OR_RETURN(trie_, Trie::Build(std::move(keys), memory));
  return OkStatus();
}

Status Unigram::ViewPieces(const Image& image) {
  ONEDGE_ASSIGN_OR_RETURN(vocabulary_, Vocabulary::View(image));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const double> scores, image.Elements<double>(Section::kScores));
  scores_ = FlatArray<double>(scores);
  ONEDGE_ASSIGN_OR_RETURN(trie_, Trie::View(image, static_cast<int64_t>(scores.size())));
  return OkStatus();
}

ModelResult Unigram::Parse(const Json& json) {
  auto model = std::make_unique<Unigram>();
  ONEDGE_ASSIGN_OR_RETURN(const Json list, json.Member("vocab"));
  const Tables& tables = json.tables();
  ONEDGE_RETURN_IF_ERROR(tables.from ? model->ViewPieces(*tables.from) : model->ParsePieces(list));
  if (tables.to) {
    model->vocabulary_.Store(*tables.to);
    tables.to->Add(Section::kScores, model->scores_.view());
    model->trie_.Store(*tables.to);
  }
  if (const auto unknown = json.Find("unk_id")) {
    ONEDGE_ASSIGN_OR_RETURN(model->unknown_id_, unknown->AsId());
    if (static_cast<size_t>(model->unknown_id_) >= model->scores_.size()) {
      return unknown->Expected(StrCat("an id below ", model->scores_.size(), ", the size of the vocabulary"));
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(model->byte_fallback_, json.BoolMember("byte_fallback", false));
  double lowest = 0;
  if (!model->scores_.empty()) lowest = *std::min_element(model->scores_.begin(), model->scores_.end());
  model->unknown_score_ = lowest - kUnknownPenalty;
  return std::unique_ptr<const Model>(std::move(model));
}

}  // namespace

ModelResult ParseUnigram(const Json& json) { return Unigram::Parse(json); }

}  // namespace onedge::tokenizer

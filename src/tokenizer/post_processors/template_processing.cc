// TemplateProcessing: puts the text, or the text and its pair, and special tokens in the order of a template.
#include <algorithm>

#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

struct Piece {
  bool is_sequence;
  size_t index;  // sequence 0 or 1, or the index of the special token in the list
  int32_t type_id;
};

struct NamedTokens {
  std::string name;
  std::vector<SpecialToken> tokens;
};

class TemplateProcessing final : public PostProcessor {
 public:
  static PostProcessorResult Parse(const Json& json) {
    auto processor = std::make_unique<TemplateProcessing>();
    ONEDGE_ASSIGN_OR_RETURN(const Json special_tokens, json.Member("special_tokens"));
    ONEDGE_RETURN_IF_ERROR(special_tokens.ForEachMember([&](std::string_view name, const Json& value) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(processor->special_tokens_.emplace_back(), ParseNamedTokens(name, value));
      return OkStatus();
    }));
    ONEDGE_ASSIGN_OR_RETURN(const Json single, json.Member("single"));
    ONEDGE_RETURN_IF_ERROR(processor->ParseTemplate(single, 1, processor->single_));
    ONEDGE_ASSIGN_OR_RETURN(const Json pair, json.Member("pair"));
    ONEDGE_RETURN_IF_ERROR(processor->ParseTemplate(pair, 2, processor->pair_));
    return std::unique_ptr<const PostProcessor>(std::move(processor));
  }

  size_t AddedTokens(bool pair) const override {
    size_t added = 0;
    for (const Piece& piece : pair ? pair_ : single_) {
      if (!piece.is_sequence) added += special_tokens_[piece.index].tokens.size();
    }
    return added;
  }

  Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const override {
    const std::vector<Piece>& pieces = encodings.size() == 2 ? pair_ : single_;
    if (!EachSequenceOnceInOrder(pieces, encodings.size())) Arrange(pieces, encodings);
    size_t next = 0;  // sequence
    for (size_t i = 0; i < pieces.size(); ++i) {
      const Piece& piece = pieces[i];
      if (piece.is_sequence) {
        SetTypeIds(encodings[next], piece.type_id);
        if (next == 0) PrependAll(pieces, i, add_special_tokens, with_texts, encodings[0]);
        ++next;
      } else if (add_special_tokens && next > 0) {
        for (const SpecialToken& token : special_tokens_[piece.index].tokens)
          AppendSpecial(encodings[next - 1], token, piece.type_id, with_texts);
      }
    }
    if (next == 0) PrependAll(pieces, pieces.size(), add_special_tokens, with_texts, encodings.emplace_back());
    return OkStatus();
  }

 private:
  static bool EachSequenceOnceInOrder(const std::vector<Piece>& pieces, size_t sequences) {
    size_t next = 0;
    for (const Piece& piece : pieces) {
      if (piece.is_sequence && piece.index != next++) return false;
    }
    return next == sequences;
  }

  // Arranges the sequences as the template lists them. The template may omit one or repeat it.
  static void Arrange(const std::vector<Piece>& pieces, std::vector<Encoding>& encodings) {
    std::vector<Encoding> arranged;
    for (const Piece& piece : pieces) {
      if (piece.is_sequence) arranged.push_back(encodings[piece.index]);
    }
    encodings = std::move(arranged);
  }

  // Prepends the special tokens of the pieces before `count`, in order.
  void PrependAll(const std::vector<Piece>& pieces, size_t count, bool add_special_tokens, bool with_texts,
                  Encoding& encoding) const {
    if (!add_special_tokens) return;
    while (count-- > 0) {
      const std::vector<SpecialToken>& tokens = special_tokens_[pieces[count].index].tokens;
      for (auto token = tokens.rbegin(); token != tokens.rend(); ++token)
        PrependSpecial(encoding, *token, pieces[count].type_id, with_texts);
    }
  }

  static Result<NamedTokens> ParseNamedTokens(std::string_view name, const Json& json) {
    NamedTokens named{std::string(name), {}};
    ONEDGE_ASSIGN_OR_RETURN(const Json ids, json.Member("ids"));
    ONEDGE_RETURN_IF_ERROR(ids.ForEach([&](const Json& element) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(named.tokens.emplace_back().id, element.AsId());
      return OkStatus();
    }));
    ONEDGE_ASSIGN_OR_RETURN(const Json tokens, json.Member("tokens"));
    if (tokens.size() != named.tokens.size())
      return tokens.Expected(StrCat(named.tokens.size(), " tokens, as many as ids"));
    size_t next = 0;
    ONEDGE_RETURN_IF_ERROR(tokens.ForEach([&](const Json& element) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(named.tokens[next++].text, element.AsString());
      return OkStatus();
    }));
    return named;
  }

  Status ParseTemplate(const Json& json, size_t sequences, std::vector<Piece>& out) const {
    return json.ForEach([&](const Json& element) -> Status {
      const std::optional<Json> sequence = element.Find("Sequence");
      const std::optional<Json> special = element.Find("SpecialToken");
      if (!sequence == !special) return element.Expected("a Sequence or a SpecialToken");
      const Json& piece = sequence ? *sequence : *special;
      ONEDGE_ASSIGN_OR_RETURN(const std::string id, piece.StringMember("id"));
      ONEDGE_ASSIGN_OR_RETURN(const Json type, piece.Member("type_id"));
      ONEDGE_ASSIGN_OR_RETURN(const int32_t type_id, type.AsId());
      if (sequence) {
        if (id != "A" && id != "B") return piece.Expected("sequence A or B");
        if (id == "B" && sequences == 1) return piece.Expected("no sequence B in the template for a single text");
        out.push_back({true, id == "B" ? size_t{1} : size_t{0}, type_id});
        return OkStatus();
      }
      const auto found =
          std::find_if(special_tokens_.begin(), special_tokens_.end(), [&](const auto& s) { return s.name == id; });
      if (found == special_tokens_.end())
        return piece.Expected(StrCat("one of special_tokens, which '", id, "' is not"));
      out.push_back({false, static_cast<size_t>(found - special_tokens_.begin()), type_id});
      return OkStatus();
    });
  }

  std::vector<NamedTokens> special_tokens_;
  std::vector<Piece> single_, pair_;
};

}  // namespace

PostProcessorResult ParseTemplateProcessing(const Json& json) { return TemplateProcessing::Parse(json); }

}  // namespace onedge::tokenizer

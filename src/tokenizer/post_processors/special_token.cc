// What the post-processors share: reading and making the tokens that they add.
#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {

Result<SpecialToken> ParseSpecialTokenPair(const Json& json) {
  std::optional<std::string> text;
  std::optional<int32_t> id;
  ONEDGE_RETURN_IF_ERROR(json.ForEach([&](const Json& element) -> Status {
    if (!text) {
      ONEDGE_ASSIGN_OR_RETURN(text, element.AsString());
      return OkStatus();
    }
    if (id) return json.Expected("a token and its id");
    ONEDGE_ASSIGN_OR_RETURN(id, element.AsId());
    return OkStatus();
  }));
  if (!id) return json.Expected("a token and its id");
  return SpecialToken{*id, *std::move(text)};
}

namespace {

void InsertSpecial(Encoding& encoding, bool at_end, const SpecialToken& token, int32_t type_id, bool with_tokens) {
  for (Encoding& window : encoding.overflowing) InsertSpecial(window, at_end, token, type_id, with_tokens);
  const auto insert = [at_end](auto& values, auto value) {
    values.insert(at_end ? values.end() : values.begin(), std::move(value));
  };
  insert(encoding.ids, token.id);
  insert(encoding.type_ids, type_id);
  insert(encoding.attention_mask, uint8_t{1});
  insert(encoding.special_tokens_mask, uint8_t{1});
  insert(encoding.offsets, Offset{});
  insert(encoding.word_ids, int32_t{-1});
  insert(encoding.sequence_ids, int8_t{-1});
  if (with_tokens) insert(encoding.tokens, token.text);
}

}  // namespace

void PrependSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_tokens) {
  InsertSpecial(encoding, false, token, type_id, with_tokens);
}

void AppendSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_tokens) {
  InsertSpecial(encoding, true, token, type_id, with_tokens);
}

}  // namespace onedge::tokenizer

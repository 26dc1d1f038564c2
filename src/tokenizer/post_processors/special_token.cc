// Shared by the post-processors: reading and making their special tokens.
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

void InsertSpecial(Encoding& encoding, bool at_end, const SpecialToken& token, int32_t type_id, bool with_texts) {
  for (Encoding& window : encoding.overflowing) InsertSpecial(window, at_end, token, type_id, with_texts);
  const auto insert = [at_end](auto& values, const auto& value) {
    values.insert(at_end ? values.end() : values.begin(), value);
  };
  insert(encoding.tokens, EncodedToken{token.id, type_id, {}, -1, -1, 1, 1});
  if (with_texts) insert(encoding.token_texts, token.text);
}

}  // namespace

void SetTypeIds(Encoding& encoding, int32_t type_id) {
  for (EncodedToken& token : encoding.tokens) token.type_id = type_id;
}

void PrependSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_texts) {
  InsertSpecial(encoding, false, token, type_id, with_texts);
}

void AppendSpecial(Encoding& encoding, const SpecialToken& token, int32_t type_id, bool with_texts) {
  InsertSpecial(encoding, true, token, type_id, with_texts);
}

}  // namespace onedge::tokenizer

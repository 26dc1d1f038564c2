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

Encoding SpecialTokenEncoding(const SpecialToken& token, int32_t type_id, bool with_tokens) {
  Encoding encoding{.ids = {token.id},
                    .type_ids = {type_id},
                    .attention_mask = {1},
                    .special_tokens_mask = {1},
                    .offsets = {Offset{}},
                    .word_ids = {-1},
                    .sequence_ids = {-1},
                    .tokens = {},
                    .overflowing = {}};
  if (with_tokens) encoding.tokens.push_back(token.text);
  return encoding;
}

}  // namespace onedge::tokenizer

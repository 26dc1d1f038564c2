// The JSON lines of recorded cases and of the differential test: one request or expected answer a line.
// A request: {"text", "pair"?, "add_special_tokens"?, "truncation"?: {max_length, strategy, stride, direction} or
// false, "padding"?: {length?, multiple?, direction?, id?, type_id?, token?} or false, "decode"?: [ids]}.
#pragma once

#include <yyjson.h>

#include <string>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

inline std::string_view LineText(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

inline EncodeOptions LineOptions(yyjson_val* request) {
  EncodeOptions options{.truncation = Truncation::Off(), .padding = Padding::Off(), .token_texts = true};
  if (yyjson_val* special = yyjson_obj_get(request, "add_special_tokens"))
    options.add_special_tokens = yyjson_get_bool(special);
  if (yyjson_val* json = yyjson_obj_get(request, "truncation"); yyjson_is_obj(json)) {
    Truncation& truncation = *options.truncation;
    truncation = Truncation{.max_length = static_cast<size_t>(yyjson_get_uint(yyjson_obj_get(json, "max_length"))),
                            .stride = static_cast<size_t>(yyjson_get_uint(yyjson_obj_get(json, "stride")))};
    const std::string_view strategy = LineText(yyjson_obj_get(json, "strategy"));
    if (strategy == "OnlyFirst") truncation.strategy = TruncationStrategy::kOnlyFirst;
    if (strategy == "OnlySecond") truncation.strategy = TruncationStrategy::kOnlySecond;
    if (LineText(yyjson_obj_get(json, "direction")) == "left") truncation.direction = Direction::kLeft;
  }
  if (yyjson_val* json = yyjson_obj_get(request, "padding"); yyjson_is_obj(json)) {
    Padding& padding = *options.padding;
    padding = Padding();
    if (yyjson_val* length = yyjson_obj_get(json, "maxLength")) {
      padding.strategy = PaddingStrategy::kFixed;
      padding.length = yyjson_get_uint(length);
    }
    padding.pad_to_multiple_of = yyjson_get_uint(yyjson_obj_get(json, "padToMultipleOf"));
    padding.pad_id = static_cast<int32_t>(yyjson_get_uint(yyjson_obj_get(json, "padId")));
    padding.pad_type_id = static_cast<int32_t>(yyjson_get_uint(yyjson_obj_get(json, "padTypeId")));
    if (yyjson_val* token = yyjson_obj_get(json, "padToken")) padding.pad_token = LineText(token);
    if (LineText(yyjson_obj_get(json, "direction")) == "left") padding.direction = Direction::kLeft;
  }
  return options;
}

// `encoding` as the JSON that tests/tokenizer/hugging_face.mjs makes from Hugging Face's, member for member.
inline yyjson_mut_val* EncodingJson(yyjson_mut_doc* doc, const Encoding& encoding) {
  yyjson_mut_val* json = yyjson_mut_obj(doc);
  const auto add = [&](const char* name, const auto& values, const auto& make) {
    yyjson_mut_val* array = yyjson_mut_obj_add_arr(doc, json, name);
    for (const auto& value : values) yyjson_mut_arr_append(array, make(value));
  };
  const auto add_field = [&](const char* name, auto field, const auto& make) {
    add(name, encoding.tokens, [&](const EncodedToken& token) { return make(token.*field); });
  };
  const auto number = [doc](auto value) { return yyjson_mut_int(doc, value); };
  const auto optional = [doc](auto value) { return value < 0 ? yyjson_mut_null(doc) : yyjson_mut_int(doc, value); };
  add_field("ids", &EncodedToken::id, number);
  add_field("type_ids", &EncodedToken::type_id, number);
  add_field("mask", &EncodedToken::attention_mask, number);
  add_field("special", &EncodedToken::special_tokens_mask, number);
  add_field("offsets", &EncodedToken::offset, [doc](const Offset& offset) {
    yyjson_mut_val* pair = yyjson_mut_arr(doc);
    yyjson_mut_arr_add_uint(doc, pair, offset.begin);
    yyjson_mut_arr_add_uint(doc, pair, offset.end);
    return pair;
  });
  add("tokens", encoding.token_texts,
      [doc](const std::string& token) { return yyjson_mut_strncpy(doc, token.data(), token.size()); });
  add_field("words", &EncodedToken::word_id, optional);
  add_field("sequences", &EncodedToken::sequence_id, optional);
  add("overflow", encoding.overflowing, [doc](const Encoding& window) { return EncodingJson(doc, window); });
  return json;
}

// The answer to a request, as one line without its end.
inline std::string AnswerLine(const Tokenizer& tokenizer, yyjson_val* request) {
  yyjson_mut_doc* doc = yyjson_mut_doc_new(nullptr);
  yyjson_mut_val* root = yyjson_mut_obj(doc);
  const auto fail = [&](const Status& status) {
    const std::string text = status.ToString();
    yyjson_mut_obj_add_strncpy(doc, root, "error", text.data(), text.size());
  };
  if (yyjson_val* decode = yyjson_obj_get(request, "decode")) {
    std::vector<int32_t> ids;
    size_t i, count;
    yyjson_val* value;
    yyjson_arr_foreach(decode, i, count, value) ids.push_back(static_cast<int32_t>(yyjson_get_int(value)));
    for (const bool skip : {false, true}) {
      const Result<std::string> text = tokenizer.Decode(ids, skip);
      if (!text.ok())
        fail(text.status());
      else
        yyjson_mut_obj_add_strncpy(doc, root, skip ? "decoded_without_special" : "decoded", text.value().data(),
                                   text.value().size());
    }
  } else {
    std::optional<std::string_view> pair;
    if (yyjson_val* value = yyjson_obj_get(request, "pair"); yyjson_is_str(value)) pair = LineText(value);
    const Result<Encoding> encoding =
        tokenizer.Encode(LineText(yyjson_obj_get(request, "text")), pair, LineOptions(request));
    if (!encoding.ok())
      fail(encoding.status());
    else
      root = EncodingJson(doc, encoding.value());
  }
  yyjson_mut_doc_set_root(doc, root);
  size_t length = 0;
  char* text = yyjson_mut_write(doc, YYJSON_WRITE_NOFLAG, &length);
  std::string line(text, length);
  std::free(text);
  yyjson_mut_doc_free(doc);
  return line;
}

}  // namespace onedge::tokenizer

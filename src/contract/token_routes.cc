// The routes of the tokenizer: texts to tokens, ids to texts.
#include "contract/routes.h"

namespace onedge::contract {
namespace {

// A call that has its answer from the start.
class AnsweredCall final : public Call {
 public:
  explicit AnsweredCall(std::string body) {
    answer_.body = std::move(body);
    done_ = true;
  }

 private:
  Result<bool> Advance(runtime::Session&, const runtime::RunOptions&, runtime::Deadline) override { return false; }
};

Result<const tokenizer::Tokenizer*> TokenizerOf(const RouteContext& context) {
  const tokenizer::Tokenizer* tokenizer = context.model.pipeline->tokenizer();
  if (!tokenizer) return InvalidArgument("model '", context.model.name, "' has no tokenizer");
  return tokenizer;
}

// The start of each character in valid UTF-8, and the end of the text.
std::vector<uint32_t> CharacterStarts(std::string_view text) {
  std::vector<uint32_t> starts;
  for (size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<uint8_t>(text[i]) & 0xC0) != 0x80) starts.push_back(static_cast<uint32_t>(i));
  }
  starts.push_back(static_cast<uint32_t>(text.size()));
  return starts;
}

// Offsets are in bytes, like those of text-embeddings-inference, and never inside a character. Special tokens have
// none.
void WriteTokens(std::string_view text, const tokenizer::Encoding& encoding, const tokenizer::Tokenizer& tokenizer,
                 JsonWriter& json) {
  const std::vector<uint32_t> starts = CharacterStarts(text);
  json.Array();
  for (const tokenizer::EncodedToken& token : encoding.tokens) {
    json.Object();
    json.Key("id").Int(token.id);
    if (token.special_tokens_mask) {
      json.Key("text").Text(tokenizer.IdToToken(token.id));
      json.Key("special").Bool(true).Key("start").Null().Key("stop").Null();
    } else {
      const uint32_t start = starts[token.offset.begin];
      const uint32_t stop = starts[token.offset.end];
      json.Key("text").Text(text.substr(start, stop - start));
      json.Key("special").Bool(false).Key("start").Uint(start).Key("stop").Uint(stop);
    }
    json.End();
  }
  json.End();
}

Status NotIds() { return InvalidArgument("ids: expected an array of token ids, or an array of such arrays"); }

}  // namespace

Result<std::unique_ptr<Call>> StartTokenize(const RouteContext& context) {
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Tokenizer* tokenizer, TokenizerOf(context));
  std::vector<tasks::TaskInput> inputs;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadTextsOrIds("inputs", context.limits, inputs));
  tokenizer::EncodeOptions options;
  options.truncation = tokenizer::Truncation::Off();
  options.padding = tokenizer::Padding::Off();
  ONEDGE_RETURN_IF_ERROR(context.body.ReadFlag("add_special_tokens", options.add_special_tokens));
  JsonWriter json;
  json.Array();
  for (const tasks::TaskInput& input : inputs) {
    if (input.ids) return InvalidArgument("inputs: expected texts");
    ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding, tokenizer->Encode(input.text, options));
    WriteTokens(input.text, encoding, *tokenizer, json);
  }
  json.End();
  ONEDGE_ASSIGN_OR_RETURN(std::string body, json.ToString());
  return std::unique_ptr<Call>(std::make_unique<AnsweredCall>(std::move(body)));
}

Result<std::unique_ptr<Call>> StartDecode(const RouteContext& context) {
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Tokenizer* tokenizer, TokenizerOf(context));
  bool skip_special_tokens = true;
  ONEDGE_RETURN_IF_ERROR(context.body.ReadFlag("skip_special_tokens", skip_special_tokens));
  const JsonValue given = context.body.Member("ids");
  JsonCursor at(given);
  if (!given.is_array() || !at.Next()) return NotIds();
  std::vector<std::vector<int32_t>> batch;
  if (!at.value().is_array()) {
    if (!ReadIds(given, batch.emplace_back())) return NotIds();
  } else {
    ONEDGE_RETURN_IF_ERROR(CheckBatch("ids", given.size(), context.limits));
    do {
      if (!at.value().is_array() || !ReadIds(at.value(), batch.emplace_back())) return NotIds();
    } while (at.Next());
  }
  JsonWriter json;
  json.Array();
  for (const std::vector<int32_t>& ids : batch) {
    ONEDGE_ASSIGN_OR_RETURN(const std::string text, tokenizer->Decode(ids, skip_special_tokens));
    json.Text(text);
  }
  json.End();
  ONEDGE_ASSIGN_OR_RETURN(std::string body, json.ToString());
  return std::unique_ptr<Call>(std::make_unique<AnsweredCall>(std::move(body)));
}

}  // namespace onedge::contract

#include "wasm/tokenizer_binding.h"

namespace onedge::wasm {
namespace {

using tokenizer::Direction;
using tokenizer::Padding;
using tokenizer::PaddingStrategy;
using tokenizer::Truncation;
using tokenizer::TruncationStrategy;

Direction DirectionOf(const val& options) {
  return options["direction"].as<std::string>() == "left" ? Direction::kLeft : Direction::kRight;
}

// js/tokenizer.js has checked and completed the options: null is "off", undefined "as the tokenizer says".
std::optional<Truncation> TruncationOf(const val& options) {
  if (options.isUndefined()) return std::nullopt;
  if (options.isNull()) return Truncation::Off();
  Truncation truncation;
  const std::string strategy = options["strategy"].as<std::string>();
  truncation.strategy = strategy == "only_first"    ? TruncationStrategy::kOnlyFirst
                        : strategy == "only_second" ? TruncationStrategy::kOnlySecond
                                                    : TruncationStrategy::kLongestFirst;
  truncation.max_length = options["maxLength"].as<size_t>();
  truncation.stride = options["stride"].as<size_t>();
  truncation.direction = DirectionOf(options);
  return truncation;
}

std::optional<Padding> PaddingOf(const val& options) {
  if (options.isUndefined()) return std::nullopt;
  if (options.isNull()) return Padding::Off();
  Padding padding;
  padding.strategy = options["length"].isUndefined() ? PaddingStrategy::kLongest : PaddingStrategy::kFixed;
  if (padding.strategy == PaddingStrategy::kFixed) padding.length = options["length"].as<size_t>();
  padding.pad_to_multiple_of = options["padToMultipleOf"].as<size_t>();
  padding.pad_id = options["padId"].as<int32_t>();
  padding.pad_type_id = options["padTypeId"].as<int32_t>();
  padding.pad_token = options["padToken"].as<std::string>();
  padding.direction = DirectionOf(options);
  return padding;
}

val EncodingToJs(const tokenizer::Encoding& encoding) {
  val out = val::object();
  out.set("ids", CopyToJs(encoding.ids));
  out.set("typeIds", CopyToJs(encoding.type_ids));
  out.set("attentionMask", CopyToJs(encoding.attention_mask));
  out.set("specialTokensMask", CopyToJs(encoding.special_tokens_mask));
  out.set("wordIds", CopyToJs(encoding.word_ids));
  // Pairs flattened: begin 0, end 0, begin 1, end 1, ...
  const auto* offsets = reinterpret_cast<const uint32_t*>(encoding.offsets.data());
  out.set("offsets", val(emscripten::typed_memory_view(encoding.offsets.size() * 2, offsets)).call<val>("slice"));
  val overflowing = val::array();
  for (const tokenizer::Encoding& window : encoding.overflowing) overflowing.call<void>("push", EncodingToJs(window));
  out.set("overflowing", overflowing);
  return out;
}

}  // namespace

val TokenizerHandle::Load(const val& json) {
  const std::vector<uint8_t> bytes = emscripten::convertJSArrayToNumberVector<uint8_t>(json);
  Result<std::unique_ptr<const tokenizer::Tokenizer>> tokenizer = tokenizer::Tokenizer::Load(bytes);
  if (!tokenizer.ok()) return Failure(tokenizer.status());
  return Own(std::make_unique<TokenizerHandle>(std::move(*tokenizer)));
}

val TokenizerHandle::Encode(const val& inputs, const val& options) const {
  tokenizer::EncodeOptions encode_options;
  encode_options.add_special_tokens = options["addSpecialTokens"].as<bool>();
  encode_options.truncation = TruncationOf(options["truncation"]);
  encode_options.padding = PaddingOf(options["padding"]);
  encode_options.offset_unit = tokenizer::OffsetUnit::kUtf16;

  const std::vector<val> items = emscripten::vecFromJSArray<val>(inputs);
  std::vector<std::vector<std::string>> texts;
  for (const val& item : items) texts.push_back(emscripten::vecFromJSArray<std::string>(item));
  std::vector<tokenizer::EncodeInput> encode_inputs;
  for (const auto& text : texts) {
    encode_inputs.push_back({text[0], std::nullopt});
    if (text.size() > 1) encode_inputs.back().pair = text[1];
  }
  const auto encodings = tokenizer_->EncodeBatch(encode_inputs, encode_options, nullptr);
  if (!encodings.ok()) return Failure(encodings.status());
  val out = val::array();
  for (const tokenizer::Encoding& encoding : *encodings) out.call<void>("push", EncodingToJs(encoding));
  return out;
}

val TokenizerHandle::Decode(const val& ids, bool skip_special_tokens) const {
  const std::vector<int32_t> numbers = emscripten::convertJSArrayToNumberVector<int32_t>(ids);
  const Result<std::string> text = tokenizer_->Decode(numbers, skip_special_tokens);
  return text.ok() ? ToJs(*text) : Failure(text.status());
}

val TokenizerHandle::TokenToId(const std::string& token) const {
  const auto id = tokenizer_->TokenToId(token);
  return id ? val(*id) : val::undefined();
}

val TokenizerHandle::IdToToken(int32_t id) const {
  const std::string_view token = tokenizer_->IdToToken(id);
  return token.empty() ? val::undefined() : ToJs(token);
}

}  // namespace onedge::wasm

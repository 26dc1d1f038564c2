#include "wasm/tokenizer_binding.h"

#include <emscripten/emscripten.h>

#include <cstring>

namespace onedge::wasm {
namespace {

using api::Direction;
using api::EncodedToken;
using api::Encoding;
using api::Padding;
using api::PaddingStrategy;
using api::Truncation;
using api::TruncationStrategy;

// The limit of memory kept between calls, in words; more is freed.
constexpr size_t kKeptWords = 1 << 14;

// The words at the head of a request. For each input the byte lengths of its text and of its pair follow (-1: none),
// then the bytes of all texts in UTF-8, one after another. js/tokenizer.js has the same list.
enum RequestWord {
  kInputs,
  kAddSpecialTokens,
  kTruncation,  // 0: the tokenizer's setting, 1: off, 2: given by the next words
  kTruncationStrategy,
  kMaxLength,
  kStride,
  kTruncateLeft,
  kPadding,  // like kTruncation; 3: to the longest
  kPaddingLength,
  kPadToMultipleOf,
  kPadId,
  kPadTypeId,
  kPadLeft,
  kRequestWords,
};

std::optional<Truncation> TruncationOf(const int32_t* words) {
  if (words[kTruncation] == 0) return std::nullopt;
  if (words[kTruncation] == 1) return Truncation::Off();
  constexpr TruncationStrategy kStrategies[] = {TruncationStrategy::kLongestFirst, TruncationStrategy::kOnlyFirst,
                                                TruncationStrategy::kOnlySecond};
  return Truncation{.strategy = kStrategies[words[kTruncationStrategy]],
                    .max_length = static_cast<uint32_t>(words[kMaxLength]),
                    .stride = static_cast<uint32_t>(words[kStride]),
                    .direction = words[kTruncateLeft] ? Direction::kLeft : Direction::kRight};
}

std::optional<Padding> PaddingOf(const int32_t* words) {
  if (words[kPadding] == 0) return std::nullopt;
  if (words[kPadding] == 1) return Padding::Off();
  return Padding{.strategy = words[kPadding] == 3 ? PaddingStrategy::kLongest : PaddingStrategy::kFixed,
                 .length = static_cast<uint32_t>(words[kPaddingLength]),
                 .pad_to_multiple_of = static_cast<uint32_t>(words[kPadToMultipleOf]),
                 .direction = words[kPadLeft] ? Direction::kLeft : Direction::kRight,
                 .pad_id = words[kPadId],
                 .pad_type_id = words[kPadTypeId]};
}

size_t WordsOf(const Encoding& encoding) {
  size_t words = 2 + encoding.size() * 5 + 2 * ((encoding.size() + 3) / 4);
  for (const Encoding& window : encoding.overflowing) words += WordsOf(window);
  return words;
}

template <typename T>
int32_t* WriteField(const Encoding& encoding, T EncodedToken::* field, int32_t* out) {
  char* p = reinterpret_cast<char*>(out);
  for (const EncodedToken& token : encoding.tokens) {
    std::memcpy(p, &(token.*field), sizeof(T));
    p += sizeof(T);
  }
  return out + (encoding.size() * sizeof(T) + 3) / 4;
}

// The number of tokens and of windows, ids, type ids, word ids, offsets in pairs, attention mask and special tokens
// mask in bytes; then the same for each window.
int32_t* Write(const Encoding& encoding, int32_t* out) {
  *out++ = static_cast<int32_t>(encoding.size());
  *out++ = static_cast<int32_t>(encoding.overflowing.size());
  out = WriteField(encoding, &EncodedToken::id, out);
  out = WriteField(encoding, &EncodedToken::type_id, out);
  out = WriteField(encoding, &EncodedToken::word_id, out);
  out = WriteField(encoding, &EncodedToken::offset, out);
  out = WriteField(encoding, &EncodedToken::attention_mask, out);
  out = WriteField(encoding, &EncodedToken::special_tokens_mask, out);
  for (const Encoding& window : encoding.overflowing) out = Write(window, out);
  return out;
}

}  // namespace

val TokenizerHandle::Load(const val& file, const val& merges, const val& lowercase, const std::string& family) {
  const size_t size = file["length"].as<size_t>();
  const std::shared_ptr<uint8_t[]> owner(new (std::nothrow) uint8_t[size]);  // not zeroed first: an image has megabytes
  if (!owner) return Failure(ResourceExhausted("tokenizer: no memory for its ", size, " bytes"));
  const std::span<uint8_t> bytes(owner.get(), size);
  val(emscripten::typed_memory_view(size, bytes.data())).call<void>("set", file);
  const std::vector<uint8_t> merges_bytes = emscripten::convertJSArrayToNumberVector<uint8_t>(merges);
  api::TokenizerFileOptions options;
  options.merges = merges_bytes;
  if (!lowercase.isUndefined()) options.lowercase = lowercase.as<bool>();
  options.family = family;
  Result<std::unique_ptr<const api::Tokenizer>> tokenizer = api::LoadTokenizer(bytes, options, owner);
  if (!tokenizer.ok()) return Failure(tokenizer.status());
  return Own(std::make_unique<TokenizerHandle>(std::move(*tokenizer)));
}

int32_t* TokenizerHandle::Request(size_t words) {
  if (request_.size() < words) request_.resize(words);
  return request_.data();
}

const int32_t* TokenizerHandle::Encode() {
  const int32_t* const words = request_.data();
  const size_t count = static_cast<size_t>(words[kInputs]);
  const api::EncodeOptions options{.add_special_tokens = words[kAddSpecialTokens] != 0,
                                   .truncation = TruncationOf(words),
                                   .padding = PaddingOf(words),
                                   .offset_unit = api::OffsetUnit::kUtf16};
  const int32_t* lengths = words + kRequestWords;
  const char* bytes = reinterpret_cast<const char*>(lengths + 2 * count);
  std::vector<api::EncodeInput> inputs(count);
  for (size_t i = 0; i < count; ++i, lengths += 2) {
    inputs[i].text = {bytes, static_cast<size_t>(lengths[0])};
    bytes += lengths[0];
    if (lengths[1] < 0) continue;
    inputs[i].pair = std::string_view(bytes, static_cast<size_t>(lengths[1]));
    bytes += lengths[1];
  }
  const Result<std::vector<Encoding>> encodings = tokenizer_->EncodeBatch(inputs, options, nullptr);
  if (request_.size() > kKeptWords) request_ = {};
  if (!encodings.ok()) {
    status_ = encodings.status();
    return nullptr;
  }
  size_t size = 1;
  for (const Encoding& encoding : *encodings) size += WordsOf(encoding);
  if (answer_.size() < size || answer_.size() > kKeptWords) answer_ = std::vector<int32_t>(size);
  int32_t* out = answer_.data();
  *out++ = static_cast<int32_t>(size);
  for (const Encoding& encoding : *encodings) out = Write(encoding, out);
  return answer_.data();
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

extern "C" {

EMSCRIPTEN_KEEPALIVE int32_t* tokenizer_request(TokenizerHandle* tokenizer, size_t words) {
  return tokenizer->Request(words);
}
EMSCRIPTEN_KEEPALIVE const int32_t* tokenizer_encode(TokenizerHandle* tokenizer) { return tokenizer->Encode(); }
}

}  // namespace onedge::wasm

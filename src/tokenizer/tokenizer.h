// Tokenizer: text to token ids and back, as Hugging Face tokenizers 0.23 does it for the same tokenizer.json, offsets
// included. Immutable after Load and safe to use from several threads at once. Errors are Status values; nothing
// throws.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/memory_budget.h"
#include "base/status.h"
#include "tokenizer/encoding.h"

namespace onedge {
class ThreadPool;
}

namespace onedge::tokenizer {

enum class OffsetUnit : uint8_t { kBytes, kCodePoints, kUtf16 };

struct EncodeOptions {
  bool add_special_tokens = true;
  std::optional<Truncation> truncation = std::nullopt;  // nullopt: as tokenizer.json says; Truncation::Off(): none
  std::optional<Padding> padding = std::nullopt;        // nullopt: as tokenizer.json says; Padding::Off(): none
  OffsetUnit offset_unit = OffsetUnit::kCodePoints;
  // Hugging Face 0.23 stops reading a text at the word in which it has max_length tokens, so overflowing windows cover
  // little more. true: they cover the whole text, as they did before, which tasks over long texts need.
  bool all_windows = false;
  bool token_texts = false;  // true: Encoding::token_texts holds each token's text as Hugging Face reports it
};

struct EncodeInput {
  std::string_view text;
  std::optional<std::string_view> pair = std::nullopt;
};

class Tokenizer {
 public:
  // Reads a tokenizer.json. CorruptFile: not a valid one, saying where; Unsupported: a stage that this build does not
  // have, naming it. ResourceExhausted: more than `budget` has, which pays for all tables, also while they are built,
  // and for what encoding threads remember; it may be null, and otherwise outlives the tokenizer.
  static Result<std::unique_ptr<const Tokenizer>> Load(std::span<const uint8_t> tokenizer_json,
                                                       MemoryBudget* budget = nullptr);
  // Takes a compiled image (image.h), whose tables are used where they lie. Errors as Load; Unsupported also for an
  // image of another version.
  // `memory`: a reservation for the image's bytes, which the tokenizer keeps, and whose budget it uses as Load does.
  static Result<std::unique_ptr<const Tokenizer>> LoadImage(std::vector<uint8_t> image,
                                                            MemoryReservation memory = MemoryReservation());
  // As above for bytes that `owner` keeps as long as it lives, a file map for instance. REQUIRES: aligned to 8.
  static Result<std::unique_ptr<const Tokenizer>> LoadImage(std::span<const uint8_t> image,
                                                            std::shared_ptr<const void> owner,
                                                            MemoryBudget* budget = nullptr);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Texts are UTF-8. Each maximal ill-formed part counts as one U+FFFD, as in the WHATWG decoder; byte offsets refer to
  // the bytes given. A text is at most 1 GiB. InvalidArgument: a truncation that cannot be met.
  Result<Encoding> Encode(std::string_view text, std::optional<std::string_view> pair,
                          const EncodeOptions& options) const;
  Result<Encoding> Encode(std::string_view text, const EncodeOptions& options = {}) const;

  // As Encode for each; PaddingStrategy::kLongest pads all to the longest of the batch. `pool` may be null.
  Result<std::vector<Encoding>> EncodeBatch(std::span<const EncodeInput> inputs, const EncodeOptions& options,
                                            ThreadPool* pool) const;

  // Ids without a token are skipped, as Hugging Face does.
  Result<std::string> Decode(std::span<const int32_t> ids, bool skip_special_tokens) const;

  std::optional<int32_t> TokenToId(std::string_view token) const;
  // Empty when no token has this id. Lives as long as the tokenizer.
  std::string_view IdToToken(int32_t id) const;
  // Of the model's vocabulary and the added tokens together.
  size_t vocabulary_size() const;

  // What tokenizer.json says; strategy kOff when it says nothing.
  const Truncation& truncation() const;
  const Padding& padding() const;
  // Tokens that the post-processor adds to a text, or to a text and its pair.
  size_t special_token_count(bool pair) const;

  struct Pipeline;  // pipeline.h; internal

 private:
  explicit Tokenizer(std::unique_ptr<const Pipeline> pipeline);
  std::unique_ptr<const Pipeline> pipeline_;
};

}  // namespace onedge::tokenizer

// Tokenizer: text to token ids and back, identical to Hugging Face tokenizers 0.23 with the same tokenizer.json,
// offsets included. Immutable after Load; several threads may use it at once. Errors are Status values; the tokenizer
// never throws.
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
  std::optional<Truncation> truncation = std::nullopt;  // nullopt: tokenizer.json's setting; Truncation::Off(): none
  std::optional<Padding> padding = std::nullopt;        // nullopt: tokenizer.json's setting; Padding::Off(): none
  OffsetUnit offset_unit = OffsetUnit::kCodePoints;
  // Hugging Face 0.23 stops reading a text at the word that reaches max_length tokens, so overflowing windows cover
  // little more. true: windows cover the whole text, as in earlier versions; tasks over long texts need this.
  bool all_windows = false;
  bool token_texts = false;  // true: fill Encoding::token_texts with the text that Hugging Face reports for each token
};

struct EncodeInput {
  std::string_view text;
  std::optional<std::string_view> pair = std::nullopt;
};

class Tokenizer {
 public:
  // Reads a tokenizer.json. CorruptFile: not valid; the message says where. Unsupported: a stage that this build lacks;
  // the message names it. ResourceExhausted: `budget` is exceeded. It pays for all tables, also during loading, and for
  // the caches of encoding threads. It may be null; otherwise it must outlive the tokenizer.
  static Result<std::unique_ptr<const Tokenizer>> Load(std::span<const uint8_t> tokenizer_json,
                                                       MemoryBudget* budget = nullptr);
  // Loads a compiled image (image.h) and uses its tables in place. Errors as for Load; Unsupported also for an image of
  // another version.
  // `memory`: a reservation for the image's bytes, which the tokenizer keeps, and whose budget it uses as Load does.
  static Result<std::unique_ptr<const Tokenizer>> LoadImage(std::vector<uint8_t> image,
                                                            MemoryReservation memory = MemoryReservation());
  // As above for bytes that `owner` keeps alive, such as a file map. REQUIRES: aligned to 8.
  static Result<std::unique_ptr<const Tokenizer>> LoadImage(std::span<const uint8_t> image,
                                                            std::shared_ptr<const void> owner,
                                                            MemoryBudget* budget = nullptr);
  ~Tokenizer();
  Tokenizer(const Tokenizer&) = delete;
  Tokenizer& operator=(const Tokenizer&) = delete;

  // Texts are UTF-8. Each maximal ill-formed part counts as one U+FFFD, as in the WHATWG decoder; byte offsets refer to
  // the given bytes. A text is at most 1 GiB. InvalidArgument: the truncation is impossible.
  Result<Encoding> Encode(std::string_view text, std::optional<std::string_view> pair,
                          const EncodeOptions& options) const;
  Result<Encoding> Encode(std::string_view text, const EncodeOptions& options = {}) const;

  // Encodes each input; PaddingStrategy::kLongest pads all to the longest of the batch. `pool` may be null.
  Result<std::vector<Encoding>> EncodeBatch(std::span<const EncodeInput> inputs, const EncodeOptions& options,
                                            ThreadPool* pool) const;

  // Ids without a token are skipped, as in Hugging Face.
  Result<std::string> Decode(std::span<const int32_t> ids, bool skip_special_tokens) const;

  std::optional<int32_t> TokenToId(std::string_view token) const;
  // Empty if no token has this id. Valid as long as the tokenizer.
  std::string_view IdToToken(int32_t id) const;
  // The size of the model's vocabulary and the added tokens together.
  size_t vocabulary_size() const;

  // The setting of tokenizer.json; strategy kOff if it has none.
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

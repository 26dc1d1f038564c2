// Tokenizer::Pipeline: the stages of a loaded tokenizer.json, and the functions that run one text through them.
// Internal to the tokenizer.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/chunk_cache.h"
#include "tokenizer/chunker.h"
#include "tokenizer/image.h"
#include "tokenizer/models/workspace.h"
#include "tokenizer/stages.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

// Memory for one text, kept between texts to save allocations, and the cache of earlier chunks.
struct Workspace {
  explicit Workspace(MemoryBudget* budget) : cache(budget) {}

  std::vector<EncodedToken> encoded;  // tokens of the text so far; may be larger than `encoded_count`
  size_t encoded_count = 0;
  PreTokenizedText sections;  // the text, cut at added tokens
  PreTokenizedText text;      // one chunk, or the whole text
  std::vector<Token> tokens;
  std::vector<Encoding> encodings;  // a text and its pair
  ModelWorkspace model;
  ChunkCache cache;
  OffsetUnit cache_unit = OffsetUnit::kBytes;
  std::vector<ChunkCache::CachedToken> chunk_tokens;
};

// Gives a Workspace to each thread that encodes at the same time, and keeps them. Thread-safe.
class WorkspacePool {
 public:
  explicit WorkspacePool(MemoryBudget* budget) : budget_(budget) {}
  std::unique_ptr<Workspace> Take();
  void Return(std::unique_ptr<Workspace> workspace);

 private:
  MemoryBudget* const budget_;  // for the caches; may be null
  std::mutex mutex_;
  std::vector<std::unique_ptr<Workspace>> idle_;
};

struct Tokenizer::Pipeline {
  // `image`: the owner of the tables that `tokenizer_json` lacks; null if it has them all. `tables` (may be null)
  // receives them. `budget` pays for the tables that are built and for caches; it may be null.
  static Result<std::unique_ptr<const Pipeline>> Load(std::span<const uint8_t> tokenizer_json,
                                                      std::unique_ptr<const Image> image, ImageTables* tables,
                                                      MemoryBudget* budget);
  explicit Pipeline(MemoryBudget* budget) : memory(budget), workspaces(budget) {}

  // Limits how much of a text is read: whole splits, from the side that is kept, until they give `tokens` tokens. As in
  // Hugging Face, added tokens count, but reading never stops at one.
  struct ReadLimit {
    size_t tokens = SIZE_MAX;
    Direction direction = Direction::kRight;
  };

  // The tokens of one text (sequence 0) or its pair (1), without special tokens, truncation or padding.
  Result<Encoding> EncodeText(std::string_view text, int8_t sequence, const EncodeOptions& options, ReadLimit limit,
                              Workspace& workspace) const;
  // Text and pair, truncated and with special tokens, not padded.
  Result<Encoding> EncodeUnpadded(const EncodeInput& input, const EncodeOptions& options, Workspace& workspace) const;
  void PadTo(size_t longest, bool pair, const EncodeOptions& options, Encoding& encoding) const;
  const Padding& PaddingOf(const EncodeOptions& options) const { return options.padding ? *options.padding : padding; }
  // Whether token texts are needed, for the caller or for the post-processor.
  bool WithTokenTexts(const EncodeOptions& options) const {
    return options.token_texts || (post_processor && post_processor->ReadsTokenTexts());
  }
  std::optional<std::string_view> IdToToken(int32_t id) const;

  MemoryReservation memory;                      // of the tables outside the image
  std::unique_ptr<const Image> image;            // the stages may hold views of it
  std::unique_ptr<const Normalizer> normalizer;  // may be null, like all stages except the model
  std::unique_ptr<const PreTokenizer> pre_tokenizer;
  std::unique_ptr<const Model> model;
  std::unique_ptr<const PostProcessor> post_processor;
  std::unique_ptr<const Decoder> decoder;
  AddedVocabulary added;
  Chunker chunker;
  Truncation truncation = Truncation::Off();
  Padding padding = Padding::Off();
  mutable WorkspacePool workspaces;
};

}  // namespace onedge::tokenizer

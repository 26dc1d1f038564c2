// Tokenizer::Pipeline: the stages of a loaded tokenizer.json, and the way of one text through them. Internal to the
// tokenizer.
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

// Room for one text on its way, kept from text to text to save allocations, and the chunks that were met before.
struct Workspace {
  explicit Workspace(MemoryBudget* budget) : cache(budget) {}

  std::vector<EncodedToken> encoded;  // of the text so far; room for more than `encoded_count`
  size_t encoded_count = 0;
  PreTokenizedText sections;  // the text, cut at added tokens
  PreTokenizedText text;      // of one chunk, or of everything
  std::vector<Token> tokens;
  std::vector<Encoding> encodings;  // a text and its pair
  ModelWorkspace model;
  ChunkCache cache;
  OffsetUnit cache_unit = OffsetUnit::kBytes;
  std::vector<ChunkCache::CachedToken> chunk_tokens;
};

// Hands out a Workspace to each of the threads that encode at the same time, and keeps them. Thread-safe.
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
  // `image`: what holds the tables that `tokenizer_json` lacks; null: it has them all. `tables`, unless null, gets
  // them. `budget` pays for the tables that are built, and for caches; it may be null.
  static Result<std::unique_ptr<const Pipeline>> Load(std::span<const uint8_t> tokenizer_json,
                                                      std::unique_ptr<const Image> image, ImageTables* tables,
                                                      MemoryBudget* budget);
  explicit Pipeline(MemoryBudget* budget) : memory(budget), workspaces(budget) {}

  // How much of a text is read: whole splits, from the side that is kept, until there are `tokens` tokens. As in
  // Hugging Face added tokens count, but reading never stops at one.
  struct ReadLimit {
    size_t tokens = SIZE_MAX;
    Direction direction = Direction::kRight;
  };

  // The tokens of one text (sequence 0) or its pair (1), without special tokens, truncation or padding.
  Result<Encoding> EncodeText(std::string_view text, int8_t sequence, const EncodeOptions& options, ReadLimit limit,
                              Workspace& workspace) const;
  // Text and pair, truncated and with special tokens; not padded.
  Result<Encoding> EncodeUnpadded(const EncodeInput& input, const EncodeOptions& options, Workspace& workspace) const;
  void PadTo(size_t longest, bool pair, const EncodeOptions& options, Encoding& encoding) const;
  const Padding& PaddingOf(const EncodeOptions& options) const { return options.padding ? *options.padding : padding; }
  // Whether the tokens' texts are needed on the way, be they asked for or read by the post-processor.
  bool WithTokenTexts(const EncodeOptions& options) const {
    return options.token_texts || (post_processor && post_processor->ReadsTokenTexts());
  }
  std::optional<std::string_view> IdToToken(int32_t id) const;

  MemoryReservation memory;                      // of the tables that are not the image's
  std::unique_ptr<const Image> image;            // what the stages may have views of
  std::unique_ptr<const Normalizer> normalizer;  // may be null, as all but the model
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

// Tokenizer::Pipeline: the stages of a loaded tokenizer.json, and the way of one text through them. Internal to the
// tokenizer.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/added_vocabulary.h"
#include "tokenizer/stages.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tokenizer {

// Room for one text on its way, kept from text to text to save allocations.
struct Workspace {
  PreTokenizedText text;
  std::vector<Token> tokens;
};

struct Tokenizer::Pipeline {
  static Result<std::unique_ptr<const Pipeline>> Load(std::span<const uint8_t> tokenizer_json);

  // How much of a text is read: whole splits, from the side that is kept, until there are `tokens` tokens. As in
  // Hugging Face added tokens count, but reading never stops at one.
  struct ReadLimit {
    size_t tokens = SIZE_MAX;
    Direction direction = Direction::kRight;
  };

  // The tokens of one text, without special tokens, truncation or padding.
  Result<Encoding> EncodeText(std::string_view text, int32_t type_id, const EncodeOptions& options, ReadLimit limit,
                              Workspace& workspace) const;
  // The tokens of one split.
  Status TokenizeSplit(const PreTokenizedText& text, const Split& split, std::vector<Token>& tokens) const;
  // The first split that a limit from the right end leaves.
  Result<size_t> FirstSplit(const PreTokenizedText& text, size_t limit, std::vector<Token>& tokens) const;
  // Text and pair, truncated and with special tokens; not padded.
  Result<Encoding> EncodeUnpadded(const EncodeInput& input, const EncodeOptions& options, Workspace& workspace) const;
  void PadTo(size_t longest, bool pair, const EncodeOptions& options, Encoding& encoding) const;
  const Padding& PaddingOf(const EncodeOptions& options) const { return options.padding ? *options.padding : padding; }
  // Whether the tokens' texts are needed on the way, be they asked for or read by the post-processor.
  bool WithTokens(const EncodeOptions& options) const {
    return options.tokens || (post_processor && post_processor->ReadsTokens());
  }
  std::optional<std::string_view> IdToToken(int32_t id) const;

  std::unique_ptr<const Normalizer> normalizer;  // may be null, as all but the model
  std::unique_ptr<const PreTokenizer> pre_tokenizer;
  std::unique_ptr<const Model> model;
  std::unique_ptr<const PostProcessor> post_processor;
  std::unique_ptr<const Decoder> decoder;
  AddedVocabulary added;
  Truncation truncation = Truncation::Off();
  Padding padding = Padding::Off();
};

}  // namespace onedge::tokenizer

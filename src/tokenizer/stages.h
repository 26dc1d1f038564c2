// The stages of a tokenizer, and the tables that make them from tokenizer.json. A new stage is one file and one line in
// stages.cc. Every stage is immutable; several threads may use it at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tokenizer/aligned_text.h"
#include "tokenizer/cuts.h"
#include "tokenizer/encoding.h"
#include "tokenizer/json.h"
#include "tokenizer/pre_tokenized_text.h"

namespace onedge::tokenizer {

class Normalizer {
 public:
  virtual ~Normalizer() = default;
  // Appends the normalized form of `in` to `out`. ResourceExhausted: a regular expression takes too long.
  virtual Status Normalize(TextSlice in, AlignedText& out) const = 0;
  // The positions where normalizing the parts gives the parts of the whole. Classes are those of the original text.
  virtual CutSet KeptCuts() const = 0;
  // Whether some characters are removed.
  virtual bool MayDrop() const { return false; }
  // Whether the beginning of `text` shifts the alignments of all that follows, as Hugging Face does in some cases. Such
  // a text must be normalized whole. REQUIRES: not empty.
  virtual bool ShiftsAlignments(std::string_view) const { return false; }
  // Whether each Chinese character gets spaces around it.
  virtual bool SetsIdeographsApart() const { return false; }
  // Whether Normalize depends on TextSlice::place.
  virtual bool ReadsPlace() const { return false; }
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // ResourceExhausted: a regular expression takes too long.
  virtual Status PreTokenize(PreTokenizedText& text) const = 0;
  // The positions where cutting the text first changes no split; and those of them where a split always ends.
  virtual CutSet KeptCuts() const = 0;
  virtual CutSet MadeCuts() const { return {}; }
  // Whether each character of a run of whitespace is cut separately, so that the run may come in parts.
  virtual bool CutsSpacesOneByOne() const { return false; }
  // Whether all whitespace is dropped from the splits.
  virtual bool DropsWhitespace() const { return false; }
  // Whether its only effect is to write each space as U+2581 and to prepend one at the beginning.
  virtual bool OnlyMarksSpaces() const { return false; }
  // Whether PreTokenize depends on TextSlice::place.
  virtual bool ReadsPlace() const { return false; }
};

struct Token {
  int32_t id;
  uint32_t begin;  // byte position in the sequence given to the model
  uint32_t end;
  bool literal = false;  // Hugging Face reports these bytes as the token's text, not the vocabulary's entry
};

struct ModelWorkspace;  // models/workspace.h

class Model {
 public:
  virtual ~Model() = default;
  // Appends the tokens of one split. `workspace`: memory that is kept between calls. InvalidArgument: the text needs an
  // unknown token, but the model does not have one.
  virtual Status Tokenize(std::string_view sequence, ModelWorkspace& workspace, std::vector<Token>& out) const = 0;
  // Whether no token has `mark` after another character, so that a text without splits may be cut before each mark.
  virtual bool EndsTokensBefore(std::string_view mark) const = 0;
  virtual std::optional<int32_t> TokenToId(std::string_view token) const = 0;
  virtual std::optional<std::string_view> IdToToken(int32_t id) const = 0;
  virtual size_t vocabulary_size() const = 0;
};

class PostProcessor {
 public:
  virtual ~PostProcessor() = default;
  virtual size_t AddedTokens(bool pair) const = 0;
  // Whether Process reads Encoding::token_texts.
  virtual bool ReadsTokenTexts() const { return false; }
  // `encodings`: the text, or the text and its pair; replaced by the pieces to join, in order. Sequence and type ids 0
  // and 1 are already set. `with_texts`: Encoding::token_texts is wanted.
  virtual Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const = 0;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Turns the tokens of a text into strings that, joined, are the text.
  virtual Status Decode(std::vector<std::string>& tokens) const = 0;
};

// Each makes the stage that `json` describes. Unsupported: a stage type that this build lacks; the message names it.
Result<std::unique_ptr<const Normalizer>> ParseNormalizer(const Json& json);
Result<std::unique_ptr<const PreTokenizer>> ParsePreTokenizer(const Json& json);
Result<std::unique_ptr<const Model>> ParseModel(const Json& json);
Result<std::unique_ptr<const PostProcessor>> ParsePostProcessor(const Json& json);
Result<std::unique_ptr<const Decoder>> ParseDecoder(const Json& json);

}  // namespace onedge::tokenizer

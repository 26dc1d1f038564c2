// The stages of a tokenizer and the tables that make them from tokenizer.json. A new stage is one file and one line in
// stages.cc. Every stage is immutable after it is made and safe to use from several threads at once.
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
  // Appends the normalized form of `in` to `out`. ResourceExhausted: a regular expression that takes too long.
  virtual Status Normalize(TextSlice in, AlignedText& out) const = 0;
  // Where normalizing the parts gives the parts of what the whole becomes; classes are those of the text before.
  virtual CutSet KeptCuts() const = 0;
  // Whether characters may become nothing.
  virtual bool MayDrop() const { return false; }
  // Whether what `text` begins with shifts the alignments of all that follows, as Hugging Face has it in some cases:
  // then the text must be normalized whole. REQUIRES: not empty.
  virtual bool ShiftsAlignments(std::string_view) const { return false; }
  // Whether each Chinese character gets spaces around it.
  virtual bool SetsIdeographsApart() const { return false; }
  // Whether Normalize looks at TextSlice::place.
  virtual bool ReadsPlace() const { return false; }
};

class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  // ResourceExhausted: a regular expression that takes too long.
  virtual Status PreTokenize(PreTokenizedText& text) const = 0;
  // Where cutting the text before changes no split; and, of those, where a split always ends.
  virtual CutSet KeptCuts() const = 0;
  virtual CutSet MadeCuts() const { return {}; }
  // Whether a run of whitespace is cut as each of its characters is, so that it may come in parts.
  virtual bool CutsSpacesOneByOne() const { return false; }
  // Whether whitespace becomes part of no split.
  virtual bool DropsWhitespace() const { return false; }
  // Whether all it does is to write each space as U+2581 and, at the beginning, to prepend one.
  virtual bool OnlyMarksSpaces() const { return false; }
  // Whether PreTokenize looks at TextSlice::place.
  virtual bool ReadsPlace() const { return false; }
};

struct Token {
  int32_t id;
  uint32_t begin;  // bytes of the sequence that was given to the model
  uint32_t end;
  bool literal = false;  // Hugging Face reports these bytes as the token's text, not the vocabulary's entry
};

struct ModelWorkspace;  // models/workspace.h

class Model {
 public:
  virtual ~Model() = default;
  // Appends the tokens of one split. `workspace`: room that is kept from call to call. InvalidArgument: a text that
  // needs an unknown token the model does not have.
  virtual Status Tokenize(std::string_view sequence, ModelWorkspace& workspace, std::vector<Token>& out) const = 0;
  // Whether no token holds `mark` behind something else, so that a text without splits may be cut before each mark.
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
  // `encodings`: the text, or the text and its pair; replaced by the pieces that are to be joined in order.
  // Sequence and type ids 0 and 1 are set already. `with_texts`: Encoding::token_texts is wanted.
  virtual Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const = 0;
};

class Decoder {
 public:
  virtual ~Decoder() = default;
  // Turns the tokens of a text into the strings whose concatenation is the text.
  virtual Status Decode(std::vector<std::string>& tokens) const = 0;
};

// Each makes the stage that `json` describes. Unsupported: a type that this build does not have, naming it.
Result<std::unique_ptr<const Normalizer>> ParseNormalizer(const Json& json);
Result<std::unique_ptr<const PreTokenizer>> ParsePreTokenizer(const Json& json);
Result<std::unique_ptr<const Model>> ParseModel(const Json& json);
Result<std::unique_ptr<const PostProcessor>> ParsePostProcessor(const Json& json);
Result<std::unique_ptr<const Decoder>> ParseDecoder(const Json& json);

}  // namespace onedge::tokenizer

#include "tokenizer/stages.h"

#include <span>

#include "base/trimmed.h"
#include "tokenizer/decoders/decoders.h"
#include "tokenizer/models/models.h"
#include "tokenizer/normalizers/normalizers.h"
#include "tokenizer/post_processors/post_processors.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

template <typename Stage>
struct Maker {
  std::string_view type;
  Result<std::unique_ptr<const Stage>> (*parse)(const Json& json);
};

// `onedge trim` writes this over the functions of the stages that it leaves out. The tables end with it, as the stage
// "", which Make does not find.
template <typename Stage>
Result<std::unique_ptr<const Stage>> ParseTrimmed(const Json& json) {
  const Result<std::string> type = json.StringMember("type");
  return Unsupported(json.path(), ": type '", type.ok() ? *type : "", "'", kTrimmed);
}

constexpr Maker<Normalizer> kNormalizers[] = {
    {"BertNormalizer", ParseBertNormalizer},
    {"ByteLevel", ParseByteLevelNormalizer},
    {"Lowercase", ParseLowercase},
    {"NFC", ParseNfc},
    {"NFD", ParseNfd},
    {"NFKC", ParseNfkc},
    {"NFKD", ParseNfkd},
    {"Nmt", ParseNmt},
    {"Precompiled", ParsePrecompiled},
    {"Prepend", ParsePrepend},
    {"Replace", ParseReplace},
    {"Sequence", ParseNormalizerSequence},
    {"Strip", ParseStrip},
    {"StripAccents", ParseStripAccents},
    {"", ParseTrimmed<Normalizer>},
};

constexpr Maker<PreTokenizer> kPreTokenizers[] = {
    {"BertPreTokenizer", ParseBertPreTokenizer},
    {"ByteLevel", ParseByteLevel},
    {"CharDelimiterSplit", ParseCharDelimiterSplit},
    {"Digits", ParseDigits},
    {"FixedLength", ParseFixedLength},
    {"Metaspace", ParseMetaspacePreTokenizer},
    {"Punctuation", ParsePunctuation},
    {"Sequence", ParsePreTokenizerSequence},
    {"Split", ParseSplit},
    {"UnicodeScripts", ParseUnicodeScripts},
    {"Whitespace", ParseWhitespace},
    {"WhitespaceSplit", ParseWhitespaceSplit},
    {"", ParseTrimmed<PreTokenizer>},
};

constexpr Maker<Model> kModels[] = {
    {"BPE", ParseBpe},         {"Unigram", ParseUnigram}, {"WordLevel", ParseWordLevel}, {"WordPiece", ParseWordPiece},
    {"", ParseTrimmed<Model>},
};

constexpr Maker<PostProcessor> kPostProcessors[] = {
    {"BertProcessing", ParseBertProcessing},         {"ByteLevel", ParseByteLevelProcessing},
    {"RobertaProcessing", ParseRobertaProcessing},   {"Sequence", ParsePostProcessorSequence},
    {"TemplateProcessing", ParseTemplateProcessing}, {"", ParseTrimmed<PostProcessor>},
};

constexpr Maker<Decoder> kDecoders[] = {
    {"BPEDecoder", ParseBpeDecoder},
    {"ByteFallback", ParseByteFallback},
    {"ByteLevel", ParseByteLevelDecoder},
    {"CTC", ParseCtc},
    {"Fuse", ParseFuse},
    {"Metaspace", ParseMetaspaceDecoder},
    {"Replace", ParseReplaceDecoder},
    {"Sequence", ParseDecoderSequence},
    {"Strip", ParseStripDecoder},
    {"WordPiece", ParseWordPieceDecoder},
    {"", ParseTrimmed<Decoder>},
};

template <typename Stage>
Result<std::unique_ptr<const Stage>> Make(std::span<const Maker<Stage>> makers, std::string_view type,
                                          const Json& json) {
  if (json.depth() > kMaxStageDepth) return json.Expected(StrCat("stages nested at most ", kMaxStageDepth, " deep"));
  for (const Maker<Stage>& maker : makers) {
    if (maker.type == type && !type.empty()) return maker.parse(json);
  }
  return json.Unsupported(StrCat("type '", type, "'"));
}

template <typename Stage>
Result<std::unique_ptr<const Stage>> Make(std::span<const Maker<Stage>> makers, const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const std::string type, json.StringMember("type"));
  return Make(makers, type, json);
}

// Old files omit the type; the members reveal it.
std::string_view GuessModelType(const Json& json) {
  if (json.Find("merges")) return "BPE";
  if (json.Find("max_input_chars_per_word")) return "WordPiece";
  const std::optional<Json> vocabulary = json.Find("vocab");
  return vocabulary && vocabulary->is_array() ? "Unigram" : "WordLevel";
}

}  // namespace

Result<std::unique_ptr<const Normalizer>> ParseNormalizer(const Json& json) {
  return Make<Normalizer>(kNormalizers, json);
}
Result<std::unique_ptr<const PreTokenizer>> ParsePreTokenizer(const Json& json) {
  return Make<PreTokenizer>(kPreTokenizers, json);
}
Result<std::unique_ptr<const PostProcessor>> ParsePostProcessor(const Json& json) {
  return Make<PostProcessor>(kPostProcessors, json);
}
Result<std::unique_ptr<const Decoder>> ParseDecoder(const Json& json) { return Make<Decoder>(kDecoders, json); }

Result<std::unique_ptr<const Model>> ParseModel(const Json& json) {
  if (!json.is_object()) return json.Expected("an object");
  if (json.Find("type")) return Make<Model>(kModels, json);
  return Make<Model>(kModels, GuessModelType(json), json);
}

}  // namespace onedge::tokenizer

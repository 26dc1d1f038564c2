// Reads tokenizer.json into a Pipeline.
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

Result<Direction> ParseDirection(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view name, json.AsString());
  if (name == "Right") return Direction::kRight;
  if (name == "Left") return Direction::kLeft;
  return json.Expected("Left or Right");
}

Result<Truncation> ParseTruncation(const Json& json) {
  Truncation truncation;
  ONEDGE_ASSIGN_OR_RETURN(const Json max_length, json.Member("max_length"));
  ONEDGE_ASSIGN_OR_RETURN(truncation.max_length, max_length.AsCount());
  ONEDGE_ASSIGN_OR_RETURN(const Json stride, json.Member("stride"));
  ONEDGE_ASSIGN_OR_RETURN(truncation.stride, stride.AsCount());
  ONEDGE_ASSIGN_OR_RETURN(const Json strategy, json.Member("strategy"));
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view name, strategy.AsString());
  if (name == "LongestFirst")
    truncation.strategy = TruncationStrategy::kLongestFirst;
  else if (name == "OnlyFirst")
    truncation.strategy = TruncationStrategy::kOnlyFirst;
  else if (name == "OnlySecond")
    truncation.strategy = TruncationStrategy::kOnlySecond;
  else
    return strategy.Expected("LongestFirst, OnlyFirst or OnlySecond");
  if (const auto direction = json.Find("direction")) {
    ONEDGE_ASSIGN_OR_RETURN(truncation.direction, ParseDirection(*direction));
  }
  return truncation;
}

Result<Padding> ParsePadding(const Json& json) {
  Padding padding;
  ONEDGE_ASSIGN_OR_RETURN(const Json strategy, json.Member("strategy"));
  if (const auto fixed = strategy.Find("Fixed")) {
    padding.strategy = PaddingStrategy::kFixed;
    ONEDGE_ASSIGN_OR_RETURN(padding.length, fixed->AsCount());
  } else {
    const Result<std::string_view> name = strategy.AsString();
    if (!name.ok() || *name != "BatchLongest") return strategy.Expected("\"BatchLongest\" or {\"Fixed\": length}");
  }
  ONEDGE_ASSIGN_OR_RETURN(const Json direction, json.Member("direction"));
  ONEDGE_ASSIGN_OR_RETURN(padding.direction, ParseDirection(direction));
  if (const auto multiple = json.Find("pad_to_multiple_of")) {
    ONEDGE_ASSIGN_OR_RETURN(padding.pad_to_multiple_of, multiple->AsCount());
  }
  ONEDGE_ASSIGN_OR_RETURN(const Json pad_id, json.Member("pad_id"));
  ONEDGE_ASSIGN_OR_RETURN(padding.pad_id, pad_id.AsId());
  ONEDGE_ASSIGN_OR_RETURN(const Json pad_type_id, json.Member("pad_type_id"));
  ONEDGE_ASSIGN_OR_RETURN(padding.pad_type_id, pad_type_id.AsId());
  ONEDGE_ASSIGN_OR_RETURN(padding.pad_token, json.StringMember("pad_token"));
  return padding;
}

// Reads an optional member with `parse` into `out`.
template <typename T>
Status ReadOptional(const Json& root, std::string_view name, Result<T> (*parse)(const Json&), T& out) {
  if (const auto member = root.Find(name)) {
    ONEDGE_ASSIGN_OR_RETURN(out, parse(*member));
  }
  return OkStatus();
}

}  // namespace

Result<std::unique_ptr<const Tokenizer::Pipeline>> Tokenizer::Pipeline::Load(std::span<const uint8_t> tokenizer_json,
                                                                             std::unique_ptr<const Image> image,
                                                                             ImageTables* tables,
                                                                             MemoryBudget* budget) {
  constexpr char kFile[] = "tokenizer.json";
  ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document,
                          JsonDocument::Parse(tokenizer_json, kFile, budget, JsonNumbers::kSerde));
  auto pipeline = std::make_unique<Pipeline>(budget);
  const Json root(document.root(), kFile, {image.get(), tables, budget ? &pipeline->memory : nullptr});
  if (!root.is_object()) return root.Expected("an object");
  pipeline->image = std::move(image);
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "truncation", ParseTruncation, pipeline->truncation));
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "padding", ParsePadding, pipeline->padding));
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "normalizer", ParseNormalizer, pipeline->normalizer));
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "pre_tokenizer", ParsePreTokenizer, pipeline->pre_tokenizer));
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "post_processor", ParsePostProcessor, pipeline->post_processor));
  ONEDGE_RETURN_IF_ERROR(ReadOptional(root, "decoder", ParseDecoder, pipeline->decoder));
  ONEDGE_ASSIGN_OR_RETURN(const Json model, root.Member("model"));
  ONEDGE_ASSIGN_OR_RETURN(pipeline->model, ParseModel(model));
  if (const auto added = root.Find("added_tokens")) {
    ONEDGE_ASSIGN_OR_RETURN(pipeline->added,
                            AddedVocabulary::Parse(*added, *pipeline->model, pipeline->normalizer.get()));
  }
  pipeline->chunker =
      Chunker::Make(pipeline->normalizer.get(), pipeline->pre_tokenizer.get(), *pipeline->model, pipeline->added);
  return std::unique_ptr<const Pipeline>(std::move(pipeline));
}

}  // namespace onedge::tokenizer

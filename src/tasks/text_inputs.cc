#include "tasks/text_inputs.h"

namespace onedge::tasks {
namespace {

enum class Source { kIds, kAttentionMask, kTypeIds, kPositions };

std::optional<Source> SourceOf(std::string_view name) {
  if (name == "input_ids") return Source::kIds;
  if (name == "attention_mask") return Source::kAttentionMask;
  if (name == "token_type_ids") return Source::kTypeIds;
  if (name == "position_ids") return Source::kPositions;
  return std::nullopt;
}

int32_t Element(const tokenizer::Encoding& encoding, Source source, size_t i, int32_t pad_id) {
  const bool padding = i >= encoding.size();
  switch (source) {
    case Source::kIds:
      return padding ? pad_id : encoding.tokens[i].id;
    case Source::kAttentionMask:
      return padding ? 0 : 1;
    case Source::kTypeIds:
      return padding ? 0 : encoding.tokens[i].type_id;
    case Source::kPositions:
      return static_cast<int32_t>(i);
  }
  return 0;
}

}  // namespace

Status TextInputs::Check(const runtime::Model& model, TextShape& shape) {
  shape.batches = !model.exact();  // a model that quantizes as it runs takes one scale from all of a batch
  for (const runtime::SignatureEntry& input : model.inputs()) {
    if (!SourceOf(input.name)) {
      return Unsupported(
          "text task: the model's input '", input.name,
          "' is none of input_ids, attention_mask, token_type_ids, position_ids; run it with tensors instead");
    }
    const auto& dims = input.type.dims;
    if (!input.type.is_tensor() || (input.type.dtype != DType::kInt64 && input.type.dtype != DType::kInt32) ||
        (dims && dims->size() != 2)) {
      return Unsupported("text task: input '", input.name, "': expected int64 or int32 [batch, tokens], got ",
                         input.type.ToString(model.symbols()));
    }
    if (!dims || (*dims)[0].known()) shape.batches = false;
    if (dims && (*dims)[1].known()) shape.length = static_cast<size_t>((*dims)[1].value);
  }
  return OkStatus();
}

Status TextInputs::Build(const runtime::Model& model, std::span<const tokenizer::Encoding* const> texts, size_t length,
                         int32_t pad_id, std::vector<runtime::NamedValue>& inputs) {
  const Shape shape = {static_cast<int64_t>(texts.size()), static_cast<int64_t>(length)};
  for (const runtime::SignatureEntry& input : model.inputs()) {
    const auto source = SourceOf(input.name);
    if (!source) return Internal("TextInputs::Check was not asked about input '", input.name, "'");
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(input.type.dtype, shape, model.budget()));
    const bool wide = input.type.dtype == DType::kInt64;
    size_t at = 0;
    for (const tokenizer::Encoding* text : texts) {
      for (size_t i = 0; i < length; ++i, ++at) {
        const int32_t element = Element(*text, *source, i, pad_id);
        if (wide) {
          tensor.mutable_data<int64_t>()[at] = element;
        } else {
          tensor.mutable_data<int32_t>()[at] = element;
        }
      }
    }
    inputs.push_back({input.name, std::move(tensor)});
  }
  return OkStatus();
}

}  // namespace onedge::tasks

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

int32_t Element(const tokenizer::Encoding& encoding, Source source, size_t i) {
  switch (source) {
    case Source::kIds:
      return encoding.ids[i];
    case Source::kAttentionMask:
      return static_cast<int32_t>(encoding.attention_mask[i]);
    case Source::kTypeIds:
      return encoding.type_ids[i];
    case Source::kPositions:
      return static_cast<int32_t>(i);
  }
  return 0;
}

template <typename T>
void Fill(const tokenizer::Encoding& encoding, Source source, T* out) {
  for (size_t i = 0; i < encoding.ids.size(); ++i) out[i] = Element(encoding, source, i);
}

}  // namespace

Status TextInputs::Check(const runtime::Model& model) {
  for (const runtime::SignatureEntry& input : model.inputs()) {
    if (!SourceOf(input.name)) {
      return Unsupported(
          "text task: the model's input '", input.name,
          "' is none of input_ids, attention_mask, token_type_ids, position_ids; run it with tensors instead");
    }
    if (!input.type.is_tensor() || (input.type.dtype != DType::kInt64 && input.type.dtype != DType::kInt32)) {
      return Unsupported("text task: input '", input.name, "': expected int64 or int32, got ",
                         input.type.ToString(model.symbols()));
    }
  }
  return OkStatus();
}

Result<std::span<const runtime::NamedValue>> TextInputs::Build(const runtime::Model& model,
                                                               const tokenizer::Encoding& encoding) {
  inputs_.clear();
  const Shape shape = {1, static_cast<int64_t>(encoding.ids.size())};
  for (const runtime::SignatureEntry& input : model.inputs()) {
    const auto source = SourceOf(input.name);
    if (!source) return Internal("TextInputs::Check was not asked about input '", input.name, "'");
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(input.type.dtype, shape, model.budget()));
    if (input.type.dtype == DType::kInt64) {
      Fill(encoding, *source, tensor.mutable_data<int64_t>());
    } else {
      Fill(encoding, *source, tensor.mutable_data<int32_t>());
    }
    inputs_.push_back({input.name, std::move(tensor)});
  }
  return std::span<const runtime::NamedValue>(inputs_);
}

}  // namespace onedge::tasks

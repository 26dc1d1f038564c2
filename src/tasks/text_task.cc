#include "tasks/text_task.h"

#include <algorithm>

namespace onedge::tasks {
namespace {

constexpr std::string_view kSides[] = {"default", "right", "left"};

constexpr size_t kMostTokens = 1 << 30;  // longer than any text that the tokenizer accepts

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

// The number of tokens that every text must have; 0: any.
size_t FixedLength(const runtime::Model& model) {
  size_t length = 0;
  for (const runtime::SignatureEntry& input : model.inputs()) {
    const auto& dims = input.type.dims;
    if (dims && dims->size() == 2 && (*dims)[1].known()) length = static_cast<size_t>((*dims)[1].value);
  }
  return length;
}

}  // namespace

void TextTask::AddSettings(std::vector<Setting>& settings) {
  settings.push_back({"max_length", &max_length_});
  settings.push_back({"truncation", &truncation_});
  settings.push_back({"truncation_side", ChoiceOf(kSides, &truncation_side_)});
}

Status TextTask::Check(BatchShape& shape) const {
  if (!context().tokenizer) return InvalidArgument("task '", name(), "' needs a tokenizer.json in the package");
  shape.batches = !model().exact();  // a model that quantizes at run time uses one scale for the whole batch
  shape.length = FixedLength(model());
  for (const runtime::SignatureEntry& input : model().inputs()) {
    if (!SourceOf(input.name)) {
      return Unsupported("text task: cannot fill input '", input.name,
                         "' from text; expected input_ids, attention_mask, token_type_ids or position_ids; run the "
                         "model with tensors instead");
    }
    const auto& dims = input.type.dims;
    if (!input.type.is_tensor() || (input.type.dtype != DType::kInt64 && input.type.dtype != DType::kInt32) ||
        (dims && dims->size() != 2)) {
      return Unsupported("text task: input '", input.name, "': expected int64 or int32 [batch, tokens], got ",
                         input.type.ToString(model().symbols()));
    }
    if (!dims || (*dims)[0].known()) shape.batches = false;
  }
  return OkStatus();
}

size_t TextTask::MaxLength(size_t otherwise) const {
  const tokenizer::Truncation& truncation = tokenizer().truncation();
  uint64_t length = max_length_;
  if (length == 0 && truncation.strategy != tokenizer::TruncationStrategy::kOff) length = truncation.max_length;
  if (length == 0) length = otherwise;
  if (const size_t fixed = FixedLength(model())) length = std::min<uint64_t>(length, fixed);
  length = std::min(length, context().max_tokens);
  return length < kMostTokens ? static_cast<size_t>(length) : SIZE_MAX;
}

tokenizer::EncodeOptions TextTask::EncodeOptions(size_t max_length) const {
  tokenizer::EncodeOptions options;
  options.padding = tokenizer::Padding::Off();
  options.offset_unit = tokenizer::OffsetUnit::kBytes;
  options.truncation = tokenizer::Truncation::Off();
  if (max_length != SIZE_MAX) {
    tokenizer::Truncation truncation = tokenizer().truncation();
    truncation.strategy = tokenizer::TruncationStrategy::kLongestFirst;
    truncation.max_length = max_length;
    truncation.stride = 0;
    truncation.direction = CutsLeft() ? tokenizer::Direction::kLeft : tokenizer::Direction::kRight;
    options.truncation = truncation;
  }
  return options;
}

bool TextTask::CutsLeft() const {
  if (truncation_side_ != TruncationSide::kDefault) return truncation_side_ == TruncationSide::kLeft;
  return tokenizer().truncation().direction == tokenizer::Direction::kLeft;
}

Status TextTask::TooLong(size_t limit, size_t tokens) const {
  return ResourceExhausted("expected a text of at most ", limit, " tokens, got ", tokens, "; ", context().too_long);
}

Status TextTask::CheckTokens(const tokenizer::Encoding& encoding, const char* name) {
  for (const tokenizer::EncodedToken& token : encoding.tokens) {
    if (token.sequence_id == 0 && !token.special_tokens_mask) return OkStatus();
  }
  return InvalidArgument("the ", name, " has no tokens, so there is no answer");
}

Result<tokenizer::Encoding> TextTask::EncodeText(std::string_view text, std::optional<std::string_view> pair,
                                                 const char* name) const {
  const size_t limit = MaxLength();
  ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding encoding,
                          tokenizer().Encode(text, pair, EncodeOptions(truncation_.value_or(true) ? limit : SIZE_MAX)));
  if (encoding.size() > limit) return TooLong(limit, encoding.size());
  ONEDGE_RETURN_IF_ERROR(CheckTokens(encoding, name));
  return encoding;
}

Result<tokenizer::Encoding> TextTask::FromIds(std::span<const int32_t> ids) const {
  const size_t limit = MaxLength();
  if (ids.empty()) return InvalidArgument("expected at least one token id");
  if (ids.size() > limit) {
    if (!truncation_.value_or(false)) return TooLong(limit, ids.size());
    ids = CutsLeft() ? ids.last(limit) : ids.first(limit);
  }
  tokenizer::Encoding encoding;
  for (int32_t id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= tokenizer().vocabulary_size()) {
      return InvalidArgument("expected token ids from 0 to ", tokenizer().vocabulary_size() - 1, ", got ", id);
    }
    encoding.tokens.push_back({id, 0, {}, -1, 0, 1, 0});
  }
  return encoding;
}

Status TextTask::Encode(uint32_t input, std::vector<Sequence>& sequences) {
  const TaskInput& given = this->input(input);
  Sequence sequence{input};
  if (given.ids) {
    ONEDGE_ASSIGN_OR_RETURN(sequence.encoding, FromIds(*given.ids));
  } else {
    ONEDGE_ASSIGN_OR_RETURN(sequence.encoding, EncodeText(given.text, given.pair));
  }
  sequences.push_back(std::move(sequence));
  return OkStatus();
}

Status TextTask::Build(std::span<const Sequence* const> batch, size_t length,
                       std::vector<runtime::NamedValue>& inputs) const {
  const Shape shape = {static_cast<int64_t>(batch.size()), static_cast<int64_t>(length)};
  const int32_t pad_id = tokenizer().padding().pad_id;
  for (const runtime::SignatureEntry& input : model().inputs()) {
    const Source source = *SourceOf(input.name);  // Check has ensured it
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(input.type.dtype, shape, model().budget()));
    const bool wide = input.type.dtype == DType::kInt64;
    size_t at = 0;
    for (const Sequence* sequence : batch) {
      for (size_t i = 0; i < length; ++i, ++at) {
        const int32_t element = Element(sequence->encoding, source, i, pad_id);
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

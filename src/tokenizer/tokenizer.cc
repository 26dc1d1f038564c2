#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

constexpr uint32_t kMaxKeptText = 1 << 16;

void FillPadTexts(Encoding& encoding, const std::string& pad_token) {
  encoding.token_texts.resize(encoding.size(), pad_token);
  for (Encoding& window : encoding.overflowing) FillPadTexts(window, pad_token);
}

void DropTexts(Encoding& encoding) {
  encoding.token_texts = {};
  for (Encoding& window : encoding.overflowing) DropTexts(window);
}

}  // namespace

std::unique_ptr<Workspace> WorkspacePool::Take() {
  const std::lock_guard lock(mutex_);
  if (idle_.empty()) return std::make_unique<Workspace>(budget_);
  std::unique_ptr<Workspace> workspace = std::move(idle_.back());
  idle_.pop_back();
  return workspace;
}

void WorkspacePool::Return(std::unique_ptr<Workspace> workspace) {
  // Memory that a very long text needed is not kept.
  if (workspace->text.buffer().size() > kMaxKeptText || workspace->sections.buffer().size() > kMaxKeptText) {
    workspace->text = {};
    workspace->sections = {};
    workspace->model = {};
  }
  const std::lock_guard lock(mutex_);
  idle_.push_back(std::move(workspace));
}

Tokenizer::Tokenizer(std::unique_ptr<const Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<const Tokenizer>> Tokenizer::Load(std::span<const uint8_t> tokenizer_json,
                                                         MemoryBudget* budget) {
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<const Pipeline> pipeline,
                          Pipeline::Load(tokenizer_json, nullptr, nullptr, budget));
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(pipeline)));
}

Result<std::unique_ptr<const Tokenizer>> Tokenizer::LoadImage(std::vector<uint8_t> image, MemoryReservation memory) {
  MemoryBudget* const budget = memory.budget();
  const auto owner =
      std::make_shared<const std::pair<MemoryReservation, std::vector<uint8_t>>>(std::move(memory), std::move(image));
  return LoadImage(owner->second, owner, budget);
}

Result<std::unique_ptr<const Tokenizer>> Tokenizer::LoadImage(std::span<const uint8_t> bytes,
                                                              std::shared_ptr<const void> owner, MemoryBudget* budget) {
  ONEDGE_DCHECK(reinterpret_cast<uintptr_t>(bytes.data()) % 8 == 0);
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<const Image> image, Image::Parse(bytes, std::move(owner)));
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const uint8_t> config, image->Elements<uint8_t>(Section::kConfig));
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<const Pipeline> pipeline,
                          Pipeline::Load(config, std::move(image), nullptr, budget));
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(pipeline)));
}

Result<Encoding> Tokenizer::Pipeline::EncodeUnpadded(const EncodeInput& input, const EncodeOptions& options,
                                                     Workspace& workspace) const {
  Truncation limit = options.truncation ? *options.truncation : truncation;
  ReadLimit read;
  if (limit.strategy != TruncationStrategy::kOff && !options.all_windows) read = {limit.max_length, limit.direction};
  const bool whole_text = limit.strategy == TruncationStrategy::kOnlySecond;
  std::vector<Encoding>& encodings = workspace.encodings;
  encodings.clear();
  ONEDGE_ASSIGN_OR_RETURN(encodings.emplace_back(),
                          EncodeText(input.text, 0, options, whole_text ? ReadLimit() : read, workspace));
  if (input.pair) {
    ONEDGE_ASSIGN_OR_RETURN(encodings.emplace_back(), EncodeText(*input.pair, 1, options, read, workspace));
  }
  if (limit.strategy != TruncationStrategy::kOff) {
    const size_t added_tokens =
        options.add_special_tokens && post_processor ? post_processor->AddedTokens(input.pair.has_value()) : 0;
    if (limit.max_length < added_tokens) {
      return InvalidArgument("truncation: expected max_length of at least ", added_tokens, ", the special tokens, got ",
                             limit.max_length);
    }
    limit.max_length -= added_tokens;
    ONEDGE_RETURN_IF_ERROR(TruncatePair(encodings[0], input.pair ? &encodings[1] : nullptr, limit));
  }
  if (post_processor)
    ONEDGE_RETURN_IF_ERROR(post_processor->Process(encodings, options.add_special_tokens, WithTokenTexts(options)));
  if (encodings.empty()) return Encoding();
  Encoding joined = std::move(encodings[0]);
  for (size_t i = 1; i < encodings.size(); ++i) ONEDGE_RETURN_IF_ERROR(Append(joined, encodings[i]));
  if (!options.token_texts && WithTokenTexts(options)) DropTexts(joined);
  return joined;
}

void Tokenizer::Pipeline::PadTo(size_t longest, bool pair, const EncodeOptions& options, Encoding& encoding) const {
  const Padding& pad = PaddingOf(options);
  if (pad.strategy == PaddingStrategy::kOff) return;
  // Without a post-processor a single text is not marked as a sequence, and Hugging Face counts its padding in.
  Pad(encoding, PaddedLength(pad, longest), pad, post_processor || pair ? -1 : 0);
  if (options.token_texts) FillPadTexts(encoding, pad.pad_token);
}

std::optional<std::string_view> Tokenizer::Pipeline::IdToToken(int32_t id) const {
  const std::optional<std::string_view> token = added.IdToToken(id);
  return token ? token : model->IdToToken(id);
}

Result<Encoding> Tokenizer::Encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const {
  std::unique_ptr<Workspace> workspace = pipeline_->workspaces.Take();
  Result<Encoding> result = pipeline_->EncodeUnpadded({text, pair}, options, *workspace);
  pipeline_->workspaces.Return(std::move(workspace));
  ONEDGE_ASSIGN_OR_RETURN(Encoding encoding, std::move(result));
  pipeline_->PadTo(encoding.size(), pair.has_value(), options, encoding);
  return encoding;
}

Result<Encoding> Tokenizer::Encode(std::string_view text, const EncodeOptions& options) const {
  return Encode(text, std::nullopt, options);
}

Result<std::vector<Encoding>> Tokenizer::EncodeBatch(std::span<const EncodeInput> inputs, const EncodeOptions& options,
                                                     ThreadPool* pool) const {
  std::vector<Encoding> encodings(inputs.size());
  // A few parts for each thread, so that long texts are spread out. Each part keeps one workspace.
  const size_t parts = std::min(inputs.size(), pool ? pool->threads() * 4 : size_t{1});
  std::vector<Status> failures(parts);
  ParallelFor(pool, parts, [&](size_t part) {
    std::unique_ptr<Workspace> workspace = pipeline_->workspaces.Take();
    for (size_t i = inputs.size() * part / parts; i < inputs.size() * (part + 1) / parts; ++i) {
      Result<Encoding> encoding = pipeline_->EncodeUnpadded(inputs[i], options, *workspace);
      if (!encoding.ok()) {
        failures[part] = std::move(encoding).status().WithContext(StrCat("text ", i));
        break;
      }
      encodings[i] = std::move(encoding).value();
    }
    pipeline_->workspaces.Return(std::move(workspace));
  });
  for (Status& failure : failures) {
    if (!failure.ok()) return std::move(failure);
  }
  size_t longest = 0;
  for (const Encoding& encoding : encodings) longest = std::max(longest, encoding.size());
  for (size_t i = 0; i < encodings.size(); ++i)
    pipeline_->PadTo(longest, inputs[i].pair.has_value(), options, encodings[i]);
  return encodings;
}

Result<std::string> Tokenizer::Decode(std::span<const int32_t> ids, bool skip_special_tokens) const {
  std::vector<std::string> tokens;
  tokens.reserve(ids.size());
  for (const int32_t id : ids) {
    const std::optional<std::string_view> token = pipeline_->IdToToken(id);
    if (token && !(skip_special_tokens && pipeline_->added.IsSpecial(*token))) tokens.emplace_back(*token);
  }
  if (pipeline_->decoder) ONEDGE_RETURN_IF_ERROR(pipeline_->decoder->Decode(tokens));
  std::string text;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0 && !pipeline_->decoder) text += ' ';
    text += tokens[i];
  }
  return text;
}

std::optional<int32_t> Tokenizer::TokenToId(std::string_view token) const {
  const std::optional<int32_t> id = pipeline_->added.TokenToId(token);
  return id ? id : pipeline_->model->TokenToId(token);
}

std::string_view Tokenizer::IdToToken(int32_t id) const {
  return pipeline_->IdToToken(id).value_or(std::string_view());
}

size_t Tokenizer::vocabulary_size() const {
  return pipeline_->model->vocabulary_size() + pipeline_->added.added_size();
}

const Truncation& Tokenizer::truncation() const { return pipeline_->truncation; }
const Padding& Tokenizer::padding() const { return pipeline_->padding; }

size_t Tokenizer::special_token_count(bool pair) const {
  return pipeline_->post_processor ? pipeline_->post_processor->AddedTokens(pair) : 0;
}

}  // namespace onedge::tokenizer

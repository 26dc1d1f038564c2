#include "tokenizer/tokenizer.h"

#include <algorithm>

#include "base/thread_pool.h"
#include "tokenizer/offset_converter.h"
#include "tokenizer/pipeline.h"

namespace onedge::tokenizer {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;

void FillPadTokens(Encoding& encoding, const std::string& pad_token) {
  encoding.tokens.resize(encoding.size(), pad_token);
  for (Encoding& window : encoding.overflowing) FillPadTokens(window, pad_token);
}

void DropTokens(Encoding& encoding) {
  encoding.tokens = {};
  for (Encoding& window : encoding.overflowing) DropTokens(window);
}

void DropOffsets(Encoding& encoding) {
  encoding.offsets = {};
  for (Encoding& window : encoding.overflowing) DropOffsets(window);
}

}  // namespace

Tokenizer::Tokenizer(std::unique_ptr<const Pipeline> pipeline) : pipeline_(std::move(pipeline)) {}
Tokenizer::~Tokenizer() = default;

Result<std::unique_ptr<const Tokenizer>> Tokenizer::Load(std::span<const uint8_t> tokenizer_json) {
  ONEDGE_ASSIGN_OR_RETURN(std::unique_ptr<const Pipeline> pipeline, Pipeline::Load(tokenizer_json));
  return std::unique_ptr<const Tokenizer>(new Tokenizer(std::move(pipeline)));
}

Status Tokenizer::Pipeline::TokenizeSplit(const PreTokenizedText& text, const Split& split,
                                          std::vector<Token>& tokens) const {
  if (split.added_token == kNoToken) return model->Tokenize(text.text(split), tokens);
  tokens.push_back({split.added_token, 0, split.end - split.begin, /*literal=*/true});
  return OkStatus();
}

Result<size_t> Tokenizer::Pipeline::FirstSplit(const PreTokenizedText& text, size_t limit,
                                               std::vector<Token>& tokens) const {
  size_t first = text.splits().size();
  tokens.clear();
  while (first > 0) {
    const Split& split = text.splits()[--first];
    ONEDGE_RETURN_IF_ERROR(TokenizeSplit(text, split, tokens));
    if (tokens.size() >= limit && split.added_token == kNoToken) break;
  }
  return first;
}

Result<Encoding> Tokenizer::Pipeline::EncodeText(std::string_view text, int32_t type_id, const EncodeOptions& options,
                                                 ReadLimit limit, Workspace& workspace) const {
  if (text.size() > kMaxTextBytes) {
    return InvalidArgument("text: expected at most ", kMaxTextBytes, " bytes, got ", text.size(),
                           "; encode it in parts");
  }
  std::vector<uint32_t> repaired_source;
  std::string repaired;
  const std::string_view given = text;
  if (!unicode::IsWellFormed(text)) {
    repaired = unicode::Repair(text, repaired_source);
    text = repaired;
  }
  PreTokenizedText& pre_tokenized = workspace.text;
  pre_tokenized.Assign(text);
  ONEDGE_RETURN_IF_ERROR(added.SplitAndNormalize(pre_tokenized, normalizer.get()));
  if (pre_tokenizer) ONEDGE_RETURN_IF_ERROR(pre_tokenizer->PreTokenize(pre_tokenized));

  Encoding encoding;
  const bool with_tokens = WithTokens(options);
  OffsetConverter converter(text, given, repaired_source, options.offset_unit);
  const AlignedText& buffer = pre_tokenized.buffer();
  const std::vector<Split>& splits = pre_tokenized.splits();
  const size_t likely = splits.size() + splits.size() / 4;
  encoding.ids.reserve(likely);
  encoding.word_ids.reserve(likely);
  if (options.offsets) encoding.offsets.reserve(likely);
  size_t first = 0;
  const bool from_the_right = limit.tokens != SIZE_MAX && limit.direction == Direction::kLeft;
  if (from_the_right) {
    ONEDGE_ASSIGN_OR_RETURN(first, FirstSplit(pre_tokenized, limit.tokens, workspace.tokens));
  }
  for (size_t i = first; i < splits.size(); ++i) {
    const Split& split = splits[i];
    workspace.tokens.clear();
    ONEDGE_RETURN_IF_ERROR(TokenizeSplit(pre_tokenized, split, workspace.tokens));
    for (const Token& token : workspace.tokens) {
      encoding.ids.push_back(token.id);
      encoding.word_ids.push_back(static_cast<int32_t>(i - first));
      if (options.offsets) {
        const Span span =
            token.begin < token.end ? buffer.span(split.begin + token.begin, split.begin + token.end) : Span{0, 0};
        encoding.offsets.push_back({converter.Convert(span.begin), converter.Convert(span.end)});
      }
      if (with_tokens) {
        const std::string_view slice = pre_tokenized.text(split).substr(token.begin, token.end - token.begin);
        encoding.tokens.emplace_back(token.literal ? slice : IdToToken(token.id).value_or(slice));
      }
    }
    if (!from_the_right && encoding.size() >= limit.tokens && split.added_token == kNoToken) break;
  }
  const size_t size = encoding.size();
  encoding.type_ids.assign(size, type_id);
  encoding.attention_mask.assign(size, 1);
  encoding.special_tokens_mask.assign(size, 0);
  encoding.sequence_ids.assign(size, static_cast<int8_t>(type_id));
  encoding.offsets.resize(size);
  return encoding;
}

Result<Encoding> Tokenizer::Pipeline::EncodeUnpadded(const EncodeInput& input, const EncodeOptions& options,
                                                     Workspace& workspace) const {
  Truncation limit = options.truncation ? *options.truncation : truncation;
  ReadLimit read;
  if (limit.strategy != TruncationStrategy::kOff && !options.all_windows) read = {limit.max_length, limit.direction};
  const bool whole_text = limit.strategy == TruncationStrategy::kOnlySecond;
  std::vector<Encoding> encodings;
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
    ONEDGE_RETURN_IF_ERROR(post_processor->Process(encodings, options.add_special_tokens, WithTokens(options)));
  if (encodings.empty()) return Encoding();
  Encoding joined = std::move(encodings[0]);
  for (size_t i = 1; i < encodings.size(); ++i) ONEDGE_RETURN_IF_ERROR(Append(joined, encodings[i]));
  if (!options.offsets) DropOffsets(joined);
  if (!options.tokens && WithTokens(options)) DropTokens(joined);
  return joined;
}

void Tokenizer::Pipeline::PadTo(size_t longest, bool pair, const EncodeOptions& options, Encoding& encoding) const {
  const Padding& pad = PaddingOf(options);
  if (pad.strategy == PaddingStrategy::kOff) return;
  // Without a post-processor a single text is not marked as a sequence, and Hugging Face counts its padding in.
  Pad(encoding, PaddedLength(pad, longest), pad, post_processor || pair ? -1 : 0);
  if (options.tokens) FillPadTokens(encoding, pad.pad_token);
  if (!options.offsets) DropOffsets(encoding);
}

std::optional<std::string_view> Tokenizer::Pipeline::IdToToken(int32_t id) const {
  const std::optional<std::string_view> token = added.IdToToken(id);
  return token ? token : model->IdToToken(id);
}

Result<Encoding> Tokenizer::Encode(std::string_view text, std::optional<std::string_view> pair,
                                   const EncodeOptions& options) const {
  Workspace workspace;
  ONEDGE_ASSIGN_OR_RETURN(Encoding encoding, pipeline_->EncodeUnpadded({text, pair}, options, workspace));
  pipeline_->PadTo(encoding.size(), pair.has_value(), options, encoding);
  return encoding;
}

Result<Encoding> Tokenizer::Encode(std::string_view text, const EncodeOptions& options) const {
  return Encode(text, std::nullopt, options);
}

Result<std::vector<Encoding>> Tokenizer::EncodeBatch(std::span<const EncodeInput> inputs, const EncodeOptions& options,
                                                     ThreadPool* pool) const {
  std::vector<Encoding> encodings(inputs.size());
  // A few parts for each thread, so that long texts spread; each part keeps one workspace.
  const size_t parts = std::min(inputs.size(), pool ? pool->threads() * 4 : size_t{1});
  std::vector<Status> failures(parts);
  ParallelFor(pool, parts, [&](size_t part) {
    Workspace workspace;
    for (size_t i = inputs.size() * part / parts; i < inputs.size() * (part + 1) / parts; ++i) {
      Result<Encoding> encoding = pipeline_->EncodeUnpadded(inputs[i], options, workspace);
      if (!encoding.ok()) {
        failures[part] = std::move(encoding).status().WithContext(StrCat("text ", i));
        return;
      }
      encodings[i] = std::move(encoding).value();
    }
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

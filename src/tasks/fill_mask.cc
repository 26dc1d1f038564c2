#include "tasks/fill_mask.h"

#include <algorithm>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

// A word of the vocabulary, or a text that is one token.
Result<int32_t> TargetId(const std::string& target, const tokenizer::Tokenizer& tokenizer) {
  if (const auto id = tokenizer.TokenToId(target)) return *id;
  tokenizer::EncodeOptions options;
  options.add_special_tokens = false;
  options.truncation = tokenizer::Truncation::Off();
  options.padding = tokenizer::Padding::Off();
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding, tokenizer.Encode(target, options));
  if (encoding.size() != 1) {
    return InvalidArgument("'targets': '", target, "' is ", encoding.size(), " tokens; expected one");
  }
  return encoding.tokens[0].id;
}

}  // namespace

Result<size_t> FindMask(const tokenizer::Encoding& encoding, const tokenizer::Tokenizer& tokenizer,
                        const TaskOptions& options) {
  std::optional<int32_t> id;
  std::string_view name = options.mask_token;
  for (std::string_view candidate :
       {std::string_view(options.mask_token), std::string_view("[MASK]"), std::string_view("<mask>")}) {
    if (id || candidate.empty()) continue;
    name = candidate;
    id = tokenizer.TokenToId(candidate);
    if (!options.mask_token.empty()) break;
  }
  if (!id) return InvalidArgument("'mask_token': the tokenizer has no token '", name, "'");
  const auto found = std::ranges::find(encoding.tokens, *id, &tokenizer::EncodedToken::id);
  if (found == encoding.tokens.end()) return InvalidArgument("the text has no mask token '", name, "'");
  return static_cast<size_t>(found - encoding.tokens.begin());
}

Status FillMask(std::span<const float> logits, size_t mask, const tokenizer::Encoding& encoding,
                const tokenizer::Tokenizer& tokenizer, const TaskOptions& options, std::vector<Answer>& entries) {
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits));
  std::vector<double> scores = Softmax(logits);
  std::vector<int32_t> ids;  // of `scores`; empty: 0, 1, 2, ...
  if (!options.targets.empty()) {
    std::vector<double> wanted;
    for (const std::string& target : options.targets) {
      ONEDGE_ASSIGN_OR_RETURN(const int32_t id, TargetId(target, tokenizer));
      if (static_cast<size_t>(id) >= scores.size()) {
        return InvalidArgument("'targets': the model has no score for '", target, "'");
      }
      wanted.push_back(scores[static_cast<size_t>(id)]);
      ids.push_back(id);
    }
    scores = std::move(wanted);
  }
  std::vector<int32_t> filled = encoding.ids();
  for (uint32_t i : TopK(scores, options.top_k)) {
    const int32_t id = ids.empty() ? static_cast<int32_t>(i) : ids[i];
    filled[mask] = id;
    Answer& entry = entries.emplace_back();
    entry.score = static_cast<float>(scores[i]);
    entry.index = id;
    ONEDGE_ASSIGN_OR_RETURN(entry.label, tokenizer.Decode({&id, 1}, false));
    ONEDGE_ASSIGN_OR_RETURN(entry.word, tokenizer.Decode(filled, true));
  }
  return OkStatus();
}

}  // namespace onedge::tasks

// fill-mask: the tokens that fit at the mask token of a text.
#include <algorithm>

#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_lines.h"
#include "tasks/text_task.h"

namespace onedge::tasks {

class FillMask final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    settings.push_back({"top_k", &top_k_});
    settings.push_back({"targets", &targets_});
    settings.push_back({"mask_token", &mask_token_});
    settings.push_back({"output", &output_});
  }

  void Reserve(size_t inputs) override {
    masks_.resize(inputs);
    answers_.resize(inputs);
  }

  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override {
    ONEDGE_RETURN_IF_ERROR(TextTask::Encode(input, sequences));
    return FindMask(sequences.back().encoding, masks_[input]);
  }

  // logits: float32 [tokens, vocabulary]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    const size_t mask = masks_[sequence.input];
    if (logits.rows <= mask) {
      return InvalidArgument("the model gives scores for ", logits.rows, " tokens of ", sequence.encoding.size());
    }
    return Fill(logits.row(mask), mask, sequence.encoding, answers_[sequence.input]);
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    json.Array();
    for (const Entry& entry : answers_[input]) {
      json.Object();
      json.Key("score").Score(entry.score);
      json.Key("token").Int(entry.id);
      json.Key("token_str").Text(entry.token);
      json.Key("sequence").Text(entry.sequence);
      json.End();
    }
    json.End();
  }

  bool WriteText(size_t input, std::string& out) const override {
    for (const Entry& entry : answers_[input]) {
      out += StrCat(Padded(entry.token, 12), " ", Fixed(entry.score), "  ", entry.sequence, "\n");
    }
    return true;
  }

 private:
  struct Entry {
    float score;
    int32_t id;
    std::string token;
    std::string sequence;  // the text with the token instead of the mask
  };

  // The first mask token: `mask_token`, or [MASK] or <mask> if it is empty. kInvalidArgument: the text has none.
  Status FindMask(const tokenizer::Encoding& encoding, size_t& mask) const {
    std::optional<int32_t> id;
    std::string_view name = mask_token_;
    for (std::string_view candidate :
         {std::string_view(mask_token_), std::string_view("[MASK]"), std::string_view("<mask>")}) {
      if (id || candidate.empty()) continue;
      name = candidate;
      id = tokenizer().TokenToId(candidate);
      if (!mask_token_.empty()) break;
    }
    if (!id) return InvalidArgument("'mask_token': the tokenizer has no token '", name, "'");
    const auto found = std::ranges::find(encoding.tokens, *id, &tokenizer::EncodedToken::id);
    if (found == encoding.tokens.end()) return InvalidArgument("the text has no mask token '", name, "'");
    mask = static_cast<size_t>(found - encoding.tokens.begin());
    return OkStatus();
  }

  // The id of a word of the vocabulary, or of a text that is one token.
  Result<int32_t> TargetId(const std::string& target) const {
    if (const auto id = tokenizer().TokenToId(target)) return *id;
    tokenizer::EncodeOptions options;
    options.add_special_tokens = false;
    options.truncation = tokenizer::Truncation::Off();
    options.padding = tokenizer::Padding::Off();
    ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding, tokenizer().Encode(target, options));
    if (encoding.size() == 1) return encoding.tokens[0].id;
    return InvalidArgument("'targets': '", target, "' is ", encoding.size(), " tokens; expected one");
  }

  // logits: float32 [vocabulary], at the mask. Keeps the `top_k` best of all tokens, or of the targets.
  Status Fill(std::span<const float> logits, size_t mask, const tokenizer::Encoding& encoding,
              std::vector<Entry>& entries) const {
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits));
    std::vector<double> scores = Softmax(logits);
    std::vector<int32_t> ids;  // of `scores`; empty: 0, 1, 2, ...
    if (!targets_.empty()) {
      std::vector<double> wanted;
      for (const std::string& target : targets_) {
        ONEDGE_ASSIGN_OR_RETURN(const int32_t id, TargetId(target));
        if (static_cast<size_t>(id) >= scores.size()) {
          return InvalidArgument("'targets': the model has no score for '", target, "'");
        }
        wanted.push_back(scores[static_cast<size_t>(id)]);
        ids.push_back(id);
      }
      scores = std::move(wanted);
    }
    std::vector<int32_t> filled = encoding.ids();
    for (uint32_t i : TopK(scores, top_k_)) {
      const int32_t id = ids.empty() ? static_cast<int32_t>(i) : ids[i];
      filled[mask] = id;
      Entry& entry = entries.emplace_back();
      entry.score = static_cast<float>(scores[i]);
      entry.id = id;
      ONEDGE_ASSIGN_OR_RETURN(entry.token, tokenizer().Decode({&id, 1}, false));
      ONEDGE_ASSIGN_OR_RETURN(entry.sequence, tokenizer().Decode(filled, true));
    }
    return OkStatus();
  }

  uint64_t top_k_ = 5;  // 0: all
  std::vector<std::string> targets_;
  std::string mask_token_;
  std::string output_;
  std::vector<size_t> masks_;  // for each input: the index of the mask token
  std::vector<std::vector<Entry>> answers_;
};

template <>
std::unique_ptr<Task> Make<FillMask>(const TaskContext& context) {
  return std::make_unique<FillMask>(context);
}

}  // namespace onedge::tasks

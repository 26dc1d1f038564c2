#include "tasks/label_scores.h"

#include "tasks/text_lines.h"

namespace onedge::tasks {

void LabelScores::AddSettings(std::vector<Setting>& settings) {
  settings.push_back({"top_k", &top_k_});
  AddScoreFunction(settings, &function_);
}

Status LabelScores::Rank(size_t input, std::span<const float> logits, const std::vector<std::string>& labels,
                         const char* what) {
  ONEDGE_RETURN_IF_ERROR(CheckCount(logits.size(), labels.size(), what));
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits));
  const bool sigmoid =
      function_ == ScoreFunction::kSigmoid || (function_ == ScoreFunction::kDefault && logits.size() == 1);
  std::vector<double> scores(logits.begin(), logits.end());
  if (function_ != ScoreFunction::kNone) scores = sigmoid ? Sigmoid(logits) : Softmax(logits);
  for (uint32_t i : TopK(scores, top_k_)) answers_[input].push_back({labels[i], static_cast<float>(scores[i])});
  return OkStatus();
}

void LabelScores::WriteJson(size_t input, AnswerWriter& json) const {
  json.Array();
  for (const LabelScore& entry : answers_[input]) {
    json.Object();
    json.Key("label").Text(entry.label);
    json.Key("score").Score(entry.score);
    json.End();
  }
  json.End();
}

bool LabelScores::WriteText(size_t input, std::string& out) const {
  for (const LabelScore& entry : answers_[input]) {
    out += StrCat(Padded(entry.label, 12), " ", Fixed(entry.score), "\n");
  }
  return true;
}

}  // namespace onedge::tasks

// LabelScores: the answer of a classifier: labels with scores, best first.
#pragma once

#include "tasks/scores.h"
#include "tasks/task.h"

namespace onedge::tasks {

class LabelScores {
 public:
  void AddSettings(std::vector<Setting>& settings);
  void Reserve(size_t inputs) { answers_.resize(inputs); }
  // logits: float32, one for each label. `what` names the input in messages: "a text" or "an image".
  Status Rank(size_t input, std::span<const float> logits, const std::vector<std::string>& labels, const char* what);

  void WriteJson(size_t input, AnswerWriter& json) const;  // [{label, score}]
  bool WriteText(size_t input, std::string& out) const;
  const std::vector<LabelScore>& Labels(size_t input) const { return answers_[input]; }

 private:
  uint64_t top_k_ = 1;  // 0: all
  ScoreFunction function_ = ScoreFunction::kDefault;
  std::vector<std::vector<LabelScore>> answers_;
};

}  // namespace onedge::tasks

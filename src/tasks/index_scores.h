// IndexScores: the answer of a task that compares several texts with one: their indices with scores, best first.
#pragma once

#include "tasks/task.h"

namespace onedge::tasks {

class IndexScores {
 public:
  void AddSettings(std::vector<Setting>& settings);
  void Reserve(size_t inputs) { answers_.resize(inputs); }
  void Rank(size_t input, std::span<const double> scores);

  // [{index, score}], and `text` if `return_text` is true.
  void WriteJson(size_t input, const TaskInput& given, AnswerWriter& json) const;
  bool WriteText(size_t input, const TaskInput& given, std::string& out) const;

 private:
  struct Entry {
    uint32_t index;
    float score;
  };
  uint64_t top_k_ = 0;  // 0: all
  bool return_text_ = false;
  std::vector<std::vector<Entry>> answers_;
};

}  // namespace onedge::tasks

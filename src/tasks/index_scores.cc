#include "tasks/index_scores.h"

#include "tasks/scores.h"
#include "tasks/text_lines.h"

namespace onedge::tasks {

void IndexScores::AddSettings(std::vector<Setting>& settings) {
  settings.push_back({"top_k", &top_k_});
  settings.push_back({"return_text", &return_text_});
}

void IndexScores::Rank(size_t input, std::span<const double> scores) {
  for (uint32_t i : TopK(scores, top_k_)) answers_[input].push_back({i, static_cast<float>(scores[i])});
}

void IndexScores::WriteJson(size_t input, const TaskInput& given, AnswerWriter& json) const {
  json.Array();
  for (const Entry& entry : answers_[input]) {
    json.Object();
    json.Key("index").Int(entry.index);
    if (return_text_) json.Key("text").Text((*given.texts)[entry.index]);
    json.Key("score").Score(entry.score);
    json.End();
  }
  json.End();
}

bool IndexScores::WriteText(size_t input, const TaskInput& given, std::string& out) const {
  for (const Entry& entry : answers_[input]) out += StrCat(Fixed(entry.score), "  ", (*given.texts)[entry.index], "\n");
  return true;
}

}  // namespace onedge::tasks

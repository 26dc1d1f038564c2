#include "tasks/registry.h"

#include <algorithm>

namespace onedge::tasks {

static constexpr TaskKind kTasks[] = {
    {"text-classification", Make<class TextClassification>},
    {"token-classification", Make<class TokenClassification>},
    {"question-answering", Make<class QuestionAnswering>},
    {"fill-mask", Make<class FillMask>},
    {"feature-extraction", Make<class FeatureExtraction>},
    {"zero-shot-classification", Make<class ZeroShotClassification>},
    {"sentence-similarity", Make<class SentenceSimilarity>},
    {"text-ranking", Make<class TextRanking>},
    {"image-classification", Make<class ImageClassification>},
    {"object-detection", Make<class ObjectDetection>},
    {"", Make<class TrimmedTask>},  // `onedge trim` writes it over the tasks that it leaves out
};

std::span<const TaskKind> AllTasks() { return std::span(kTasks).first(std::size(kTasks) - 1); }

const TaskKind* FindTask(std::string_view name) {
  const auto found = std::ranges::find(AllTasks(), name, &TaskKind::name);
  return found == AllTasks().end() ? nullptr : &*found;
}

InputForm TaskKind::form() const { return make({.task = name})->form(); }

bool TaskKind::HasSetting(std::string_view setting) const {
  const std::unique_ptr<Task> task = make({.task = name});
  std::vector<Setting> settings;
  task->AddSettings(settings);
  return std::ranges::find(settings, setting, &Setting::name) != settings.end();
}

}  // namespace onedge::tasks

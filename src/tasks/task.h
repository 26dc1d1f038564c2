// What the tasks take and give: one input, one set of options and one answer for all of them. Plain data. Names are
// those of transformers.js and Hugging Face's pipelines.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "package/manifest.h"
#include "tasks/image.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {

enum class Task : uint8_t {
  kTextClassification,
  kTokenClassification,
  kQuestionAnswering,
  kFillMask,
  kFeatureExtraction,
  kZeroShotClassification,
  kSentenceSimilarity,
  kTextRanking,
  kImageClassification,
  kObjectDetection,
};
std::optional<Task> TaskOf(std::string_view name);  // "text-classification" and so on
std::string_view TaskName(Task task);
inline bool TakesImages(Task task) { return task >= Task::kImageClassification; }

// In the order of their names in task_options.cc.
enum class ScoreFunction : uint8_t { kDefault, kSoftmax, kSigmoid, kNone };
enum class Pooling : uint8_t { kNone, kMean, kCls, kLastToken, kMax };
enum class Aggregation : uint8_t { kNone, kSimple, kFirst, kAverage, kMax };
enum class BoxFormat : uint8_t { kCenter, kCorners };

// What the manifest says, then what the caller of a run says over it. docs/tasks.md explains each. Whole numbers are
// checked to be that, and at most 2^53.
struct TaskOptions {
  double max_length = 0;  // tokens, specials included; 0: as the tokenizer says
  double top_k = 0;       // 0: all
  ScoreFunction function = ScoreFunction::kDefault;
  std::vector<std::string> candidate_labels;
  std::string hypothesis_template = "This example is {}.";
  bool multi_label = false;
  Aggregation aggregation_strategy = Aggregation::kNone;
  std::vector<std::string> ignore_labels;
  double max_answer_len = 15;  // tokens
  double doc_stride = -1;      // tokens; less than 0: what suits the window
  bool handle_impossible_answer = false;
  bool align_to_words = true;
  std::vector<std::string> targets;
  std::string mask_token;
  Pooling pooling = Pooling::kMean;
  bool normalize = true;
  double dimensions = 0;  // 0: all
  double threshold = 0.9;
  double iou_threshold = 0;  // 0: boxes may overlap
  bool percentage = false;
  BoxFormat box_format = BoxFormat::kCenter;
  ImagePreprocessing image;
};

// The options of a task without any settings.
TaskOptions DefaultTaskOptions(Task task);
// Sets what `settings` names, in snake_case or camelCase. kInvalidArgument: a setting that `task` does not have, or a
// value that it cannot take. Not `strict`: settings of other tasks are passed over.
Status ReadTaskOptions(Task task, const package::Settings& settings, bool strict, TaskOptions& options);

struct TaskInput {
  std::string text;                                              // or a question, or a query
  std::optional<std::string> pair = std::nullopt;                // a second text, or the context of a question
  std::optional<std::vector<std::string>> texts = std::nullopt;  // what is compared with a query
  Image image = {};
  // The names under which JSON gave them; empty: without a name, so that they fit every task that takes such a part.
  std::string text_name = {}, pair_name = {}, texts_name = {};
};

// One entry of an answer. A task sets what it has.
struct Answer {
  std::string label;  // of a class; of fill-mask the token
  float score = 0;
  int64_t index = -1;  // of a token in its text, of a token in the vocabulary (fill-mask), of a text among `texts`
  int64_t start = -1;  // of a span of the text, in the unit that the caller asked for
  int64_t end = -1;
  std::string word;               // the span itself; of fill-mask the whole text
  std::array<float, 4> box = {};  // xmin, ymin, xmax, ymax
};

// The answer to one input: entries, best first where they are ranked; of feature-extraction a vector, or one for each
// token.
struct TaskAnswer {
  std::vector<Answer> entries;
  std::vector<float> vector;  // [rows, dim]
  size_t rows = 1;
  bool pooled = true;
};

}  // namespace onedge::tasks

// Inputs, options and answers of tasks as JSON, in the shapes of transformers.js, between hosts and core.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tasks/task_run.h"

namespace onedge::tasks {

// An array with one element for each input: a text, [text, pair], or an object with `text` (or `question`, `query`,
// `source_sentence`, or the `ids` of its tokens) and, if the task needs them, `text_pair` (or `context`), `texts` (or
// `sentences`), or the `width`, `height` and `channels` of an image.
Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json);

// An array with one element for each answer. `as_float`: scores with the fewest digits that parse to the same float32,
// instead of the same double. kInvalidArgument: a text is not UTF-8.
Result<std::string> WriteTaskAnswer(const TaskRun& run, size_t input, bool as_float);  // of one input
Result<std::string> WriteTaskAnswers(const TaskRun& run, bool as_float);

}  // namespace onedge::tasks

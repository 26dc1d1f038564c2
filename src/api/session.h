// api::Session: runs a loaded model, on tensors or as its task. One run at a time; several Sessions of one Model can
// run at once (api/session_pool.h lends them to threads).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "contract/contract.h"
#include "package/manifest.h"
#include "runtime/run.h"
#include "runtime/state.h"
#include "tasks/task_input.h"
#include "tensor/value.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {
class TaskRun;
}

namespace onedge::api {

class Model;
class Session;

using HttpAnswer = contract::Answer;
using HttpCall = contract::Call;
using HttpLimits = contract::Limits;
using HttpRequest = contract::Request;
using contract::FailureBody;
using contract::HttpStatusOf;
using package::Settings;
using runtime::Deadline;
using runtime::GrowingInput;
using runtime::kNoDeadline;
using runtime::NamedValue;
using runtime::Run;
using runtime::RunOptions;
using runtime::RunProgress;
using runtime::State;
using runtime::StatePair;
using runtime::StepProfile;
using tasks::AnswerForm;
using tasks::LabelScore;
using tasks::TaskInput;
using tasks::VectorAnswer;
using tokenizer::OffsetUnit;

// The answer to one input.
struct TaskAnswer {
  std::vector<LabelScore> entries;  // of tasks that answer with labels, best first
  std::vector<float> vector;        // of tasks that answer with vectors: [rows, dim], row after row
  size_t rows = 0;                  // of `vector`: one, or one for each token
  std::string json;                 // of every task: an element of TaskRun::AnswersJson
};

// One call of a model's task, which can be stepped. The session must outlive it; several runs may alternate.
class TaskRun {
 public:
  ~TaskRun();
  TaskRun(const TaskRun&) = delete;
  TaskRun& operator=(const TaskRun&) = delete;

  // Runs one batch, or the part of it that is done by `until` (see Run::Step). Returns false when all batches are done
  // and the answers are complete. Do not use the run after a failure.
  Result<bool> Step(const RunOptions& options = {}, Deadline until = kNoDeadline);
  // True in the middle of a batch. The session cannot start another run before the batch ends.
  bool running() const;

  std::string_view task() const;              // "text-classification" and so on
  std::span<const TaskInput> inputs() const;  // unchanged
  size_t tokens() const;                      // tokens of the model's inputs, including special tokens
  // The answers in the shapes of transformers.js: an array with one element for each. `as_float`: scores with the
  // fewest digits that parse to the same float32, instead of the same double.
  // InvalidArgument: a text is not UTF-8.
  Result<std::string> AnswersJson(bool as_float = true) const;
  // The form of the answers besides JSON; known before the first step.
  AnswerForm answer_form() const;
  // InvalidArgument: a text is not UTF-8.
  Result<TaskAnswer> Answer(size_t input) const;
  // Appends the answer to an input as text, one line for each entry; false if the answer is only JSON.
  bool AnswerText(size_t input, std::string& out) const;
  // The answer to an input if it is vectors; valid as long as the TaskRun.
  std::optional<VectorAnswer> Vectors(size_t input) const;

 private:
  friend class Session;
  TaskRun(Session* session, std::unique_ptr<tasks::TaskRun> run);

  Session* session_;
  std::unique_ptr<tasks::TaskRun> run_;
};

class Session {
 public:
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Runs the model on its raw inputs. Inputs in any order, each of the model's exactly once; checked against the
  // signature. Fails before the run if it needs more memory than the budget allows. Returns the outputs in the model's
  // order. They are valid until the next run: Clone those that must live longer.
  Result<std::span<const Value>> Run(std::span<const NamedValue> inputs, const RunOptions& options = {});

  // The same in steps; see runtime/run.h. One run at a time: kInvalidArgument during another run.
  Result<api::Run> Start(std::span<const NamedValue> inputs, RunOptions options = {});

  // Starts the model's task, or the task in `options` (see docs/tasks.md), on `inputs`. Offsets of the answers are in
  // `unit`. The pixels of images must live as long as the run.
  Result<std::unique_ptr<TaskRun>> StartTask(std::vector<TaskInput> inputs, const Settings& options = {},
                                             OffsetUnit unit = OffsetUnit::kCodePoints);
  // Runs the task to its end: one answer for each input. `options`: a JSON object.
  Result<std::vector<TaskAnswer>> RunTask(std::vector<TaskInput> inputs, std::string_view options = "{}",
                                          OffsetUnit unit = OffsetUnit::kCodePoints);

  // Starts to answer a request of the HTTP contract (docs/openapi.yaml). `name` and `version` name the model in the
  // answer. Both, the request's body and the session must outlive the call. Several calls may alternate.
  std::unique_ptr<HttpCall> StartCall(std::string_view name, std::string_view version, const HttpRequest& request,
                                      const HttpLimits& limits = {});
  // Continues the call. Returns false once the call has its answer.
  bool StepCall(HttpCall& call, const RunOptions& options = {});

  const Model& model() const;
  // Bytes of the arena: the activations of the largest run until now.
  size_t arena_bytes() const;

 private:
  friend class Model;
  friend class TaskRun;
  struct Parts;  // session.cc
  explicit Session(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

// The inputs of a task from JSON: an array with one element for each input: a text, [text, pair], or an object with
// `text` (or `question`, `query`, `source_sentence`) and, if the task needs them, `text_pair` (or `context`), `texts`
// (or `sentences`), or the `width`, `height` and `channels` of an image.
Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json);
using package::ParseSettings;
// All tasks ("text-classification", ...); whether a task with this name exists, takes images, has this setting.
std::vector<std::string_view> TaskNames();
bool IsTask(std::string_view name);
bool TakesImages(std::string_view task);
bool HasSetting(std::string_view task, std::string_view setting);

}  // namespace onedge::api

// api::Session: runs a loaded model, on tensors or as its task. One run at a time; several Sessions of one Model run at
// once (api/session_pool.h lends them to threads).
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

// One call of a model's task, which can be stepped. The session must outlive it; several may go on in turns.
class TaskRun {
 public:
  ~TaskRun();
  TaskRun(const TaskRun&) = delete;
  TaskRun& operator=(const TaskRun&) = delete;

  // Runs one batch, or of its run what is done by `until` (see Run::Step). False when there is none left and the
  // answers are complete. After a failure the run is spent.
  Result<bool> Step(const RunOptions& options = {}, Deadline until = kNoDeadline);
  // In the middle of a batch: until its end the session can run nothing else.
  bool running() const;

  std::string_view task() const;              // "text-classification" and so on
  std::span<const TaskInput> inputs() const;  // as they were given
  size_t tokens() const;                      // that go through the model, special tokens included
  // The answers in the shapes of transformers.js: an array with one element for each. `as_float`: scores as the
  // shortest decimals that read back as the same float32, rather than as the same double. InvalidArgument: a text is
  // not UTF-8.
  Result<std::string> AnswersJson(bool as_float = true) const;
  // Appends the answer to an input for people, a line for each entry; false if there is only the JSON.
  bool AnswerText(size_t input, std::string& out) const;
  // The answer to an input where it is vectors; valid as long as this.
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

  // The model's raw inputs and outputs. Inputs in any order, each of the model's exactly once; checked against the
  // signature. Fails before running when the memory that it needs exceeds the budget. Returns the outputs in the
  // model's order; they are valid until the next run: Clone what must live longer.
  Result<std::span<const Value>> Run(std::span<const NamedValue> inputs, const RunOptions& options = {});

  // The same in steps; see runtime/run.h. One run at a time: kInvalidArgument while another goes on.
  Result<api::Run> Start(std::span<const NamedValue> inputs, RunOptions options = {});

  // The model's task on `inputs`, or the task that `options` name; options are those of docs/tasks.md. Offsets of the
  // answers are in `unit`. The pixels of images must live as long as the run.
  Result<std::unique_ptr<TaskRun>> StartTask(std::vector<TaskInput> inputs, const Settings& options = {},
                                             OffsetUnit unit = OffsetUnit::kCodePoints);
  // The same to its end: one answer for each input. `options`: a JSON object.
  Result<std::vector<TaskAnswer>> RunTask(std::vector<TaskInput> inputs, std::string_view options = "{}",
                                          OffsetUnit unit = OffsetUnit::kCodePoints);

  // A request of the HTTP contract (docs/openapi.yaml), whose answer calls the model `name` and `version`. Both, the
  // request's body and the session must outlive the call, which goes on with each StepCall; several may go on in turns.
  std::unique_ptr<HttpCall> StartCall(std::string_view name, std::string_view version, const HttpRequest& request,
                                      const HttpLimits& limits = {});
  // False once the call has its answer.
  bool StepCall(HttpCall& call, const RunOptions& options = {});

  const Model& model() const;
  // Bytes of the arena: the activations of the largest run so far.
  size_t arena_bytes() const;

 private:
  friend class Model;
  friend class TaskRun;
  struct Parts;  // session.cc
  explicit Session(std::unique_ptr<Parts> parts);

  std::unique_ptr<Parts> parts_;
};

// Inputs of a task as JSON: an array with one element for each input: a text, [text, pair], or an object with `text`
// (or `question`, `query`, `source_sentence`) and, where the task needs them, `text_pair` (or `context`), `texts` (or
// `sentences`), or the `width`, `height` and `channels` of an image.
Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json);
using package::ParseSettings;
// The tasks that there are ("text-classification", ...); whether one of them has this name, takes images as inputs, has
// this setting.
std::vector<std::string_view> TaskNames();
bool IsTask(std::string_view name);
bool TakesImages(std::string_view task);
bool HasSetting(std::string_view task, std::string_view setting);

}  // namespace onedge::api

// api::Session: runs a loaded model, on tensors or as its task. One run at a time; several Sessions of one Model run at
// once.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/session.h"
#include "tasks/task_run.h"

namespace onedge::api {

class Model;

using runtime::NamedValue;
using runtime::RunOptions;
using runtime::StepProfile;
using tasks::Answer;
using tasks::TaskAnswer;
using tasks::TaskInput;
using tokenizer::OffsetUnit;

class Session {
 public:
  // The model's raw inputs and outputs. See runtime::Session::Run.
  Result<std::span<const Value>> Run(std::span<const runtime::NamedValue> inputs,
                                     const runtime::RunOptions& options = {});

  // The model's task on `inputs`, or the task that the options name. See tasks::Pipeline. The session must outlive the
  // run, which goes on with each Step; several may go on in turns.
  Result<std::unique_ptr<tasks::TaskRun>> StartTask(
      std::vector<tasks::TaskInput> inputs, const package::Settings& options,
      tokenizer::OffsetUnit unit = tokenizer::OffsetUnit::kCodePoints) const;
  Result<bool> StepTask(tasks::TaskRun& run, const runtime::RunOptions& options = {});

  // The same to its end: one answer for each input. `options`: a JSON object (docs/tasks.md).
  Result<std::vector<TaskAnswer>> RunTask(std::vector<TaskInput> inputs, std::string_view options = "{}",
                                          OffsetUnit unit = OffsetUnit::kCodePoints);

  const Model& model() const { return *model_; }
  size_t arena_bytes() const { return session_->arena_bytes(); }

 private:
  friend class Model;
  Session() = default;

  std::shared_ptr<const Model> model_;
  std::unique_ptr<runtime::Session> session_;
  std::optional<tasks::Pipeline> pipeline_;
};

}  // namespace onedge::api

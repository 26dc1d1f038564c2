#include "api/session.h"

#include <optional>

#include "api/model_parts.h"
#include "runtime/session.h"
#include "tasks/task_json.h"

namespace onedge::api {

struct Session::Parts {
  std::shared_ptr<const Model> model;
  std::unique_ptr<runtime::Session> session;
  std::optional<tasks::Pipeline> pipeline;
};

Result<std::unique_ptr<Session>> Model::CreateSession(ThreadPool* threads) const {
  auto parts = std::make_unique<Session::Parts>();
  parts->model = shared_from_this();
  runtime::SessionOptions options;
  options.threads = threads;
  ONEDGE_ASSIGN_OR_RETURN(parts->session, runtime::Session::Create(parts_->model, options));
  ONEDGE_ASSIGN_OR_RETURN(parts->pipeline,
                          tasks::Pipeline::Create(*parts_->model, parts_->tokenizer.get(), parts_->manifest));
  return std::unique_ptr<Session>(new Session(std::move(parts)));
}

Session::Session(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Session::~Session() = default;

Result<std::span<const Value>> Session::Run(std::span<const NamedValue> inputs, const RunOptions& options) {
  return parts_->session->Run(inputs, options);
}

Result<api::Run> Session::Start(std::span<const NamedValue> inputs, RunOptions options) {
  return parts_->session->Start(inputs, std::move(options));
}

Result<std::unique_ptr<TaskRun>> Session::StartTask(std::vector<TaskInput> inputs, const Settings& options,
                                                    OffsetUnit unit) {
  ONEDGE_ASSIGN_OR_RETURN(auto run, parts_->pipeline->Start(std::move(inputs), options, unit));
  return std::unique_ptr<TaskRun>(new TaskRun(this, std::move(run)));
}

Result<std::vector<TaskAnswer>> Session::RunTask(std::vector<TaskInput> inputs, std::string_view options,
                                                 OffsetUnit unit) {
  ONEDGE_ASSIGN_OR_RETURN(const Settings settings, ParseSettings(options));
  ONEDGE_ASSIGN_OR_RETURN(const auto run, StartTask(std::move(inputs), settings, unit));
  for (bool more = true; more;) {
    ONEDGE_ASSIGN_OR_RETURN(more, run->Step());
  }
  return std::move(run->answers());
}

const Model& Session::model() const { return *parts_->model; }
size_t Session::arena_bytes() const { return parts_->session->arena_bytes(); }

TaskRun::TaskRun(Session* session, std::unique_ptr<tasks::TaskRun> run) : session_(session), run_(std::move(run)) {}
TaskRun::~TaskRun() = default;

Result<bool> TaskRun::Step(const RunOptions& options, Deadline until) {
  return run_->Step(*session_->parts_->session, options, until);
}
bool TaskRun::running() const { return run_->running(); }
std::string_view TaskRun::task() const { return tasks::TaskName(run_->task()); }
std::span<const TaskInput> TaskRun::inputs() const { return run_->inputs(); }
std::vector<TaskAnswer>& TaskRun::answers() { return run_->answers(); }
Result<std::string> TaskRun::AnswersJson(bool as_float) { return tasks::WriteTaskAnswers(*run_, as_float); }

Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json) { return tasks::ParseTaskInputs(json); }
bool IsTask(std::string_view name) { return tasks::TaskOf(name).has_value(); }
bool TakesImages(std::string_view name) {
  const auto task = tasks::TaskOf(name);
  return task && tasks::TakesImages(*task);
}

}  // namespace onedge::api

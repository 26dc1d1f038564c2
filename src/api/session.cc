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

Result<std::unique_ptr<State>> Model::CreateState(std::vector<StatePair> pairs,
                                                  const std::vector<GrowingInput>& growing_inputs) const {
  return State::Create(parts_->model, std::move(pairs), growing_inputs);
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
  ONEDGE_ASSIGN_OR_RETURN(auto run, parts_->pipeline->Start(std::move(inputs), options, {.unit = unit}));
  return std::unique_ptr<TaskRun>(new TaskRun(this, std::move(run)));
}

Result<std::vector<TaskAnswer>> Session::RunTask(std::vector<TaskInput> inputs, std::string_view options,
                                                 OffsetUnit unit) {
  ONEDGE_ASSIGN_OR_RETURN(const Settings settings, ParseSettings(options));
  ONEDGE_ASSIGN_OR_RETURN(const auto run, StartTask(std::move(inputs), settings, unit));
  for (bool more = true; more;) {
    ONEDGE_ASSIGN_OR_RETURN(more, run->Step());
  }
  std::vector<TaskAnswer> answers(run->inputs().size());
  for (size_t i = 0; i < answers.size(); ++i) {
    ONEDGE_ASSIGN_OR_RETURN(answers[i], run->Answer(i));
  }
  return answers;
}

std::unique_ptr<HttpCall> Session::StartCall(std::string_view name, std::string_view version,
                                             const HttpRequest& request, const HttpLimits& limits) {
  return HttpCall::Start({name, version, &*parts_->pipeline}, request, limits);
}

bool Session::StepCall(HttpCall& call, const RunOptions& options) { return call.Step(*parts_->session, options); }

const Model& Session::model() const { return *parts_->model; }
size_t Session::arena_bytes() const { return parts_->session->arena_bytes(); }

TaskRun::TaskRun(Session* session, std::unique_ptr<tasks::TaskRun> run) : session_(session), run_(std::move(run)) {}
TaskRun::~TaskRun() = default;

Result<bool> TaskRun::Step(const RunOptions& options, Deadline until) {
  return run_->Step(*session_->parts_->session, options, until);
}
bool TaskRun::running() const { return run_->running(); }
std::string_view TaskRun::task() const { return run_->name(); }
std::span<const TaskInput> TaskRun::inputs() const { return run_->inputs(); }
size_t TaskRun::tokens() const { return run_->tokens(); }
Result<std::string> TaskRun::AnswersJson(bool as_float) const { return tasks::WriteTaskAnswers(*run_, as_float); }
AnswerForm TaskRun::answer_form() const { return run_->task().answer_form(); }
Result<TaskAnswer> TaskRun::Answer(size_t input) const {
  const tasks::Task& task = run_->task();
  TaskAnswer answer{.entries = task.Labels(input)};
  if (const auto vectors = task.Vectors(input)) {
    answer.vector.assign(vectors->values.begin(), vectors->values.end());
    answer.rows = vectors->rows;
  }
  ONEDGE_ASSIGN_OR_RETURN(answer.json, tasks::WriteTaskAnswer(*run_, input, true));
  return answer;
}
bool TaskRun::AnswerText(size_t input, std::string& out) const { return run_->task().WriteText(input, out); }
std::optional<VectorAnswer> TaskRun::Vectors(size_t input) const { return run_->task().Vectors(input); }

Result<std::vector<TaskInput>> ParseTaskInputs(std::string_view json) { return tasks::ParseTaskInputs(json); }
std::vector<std::string_view> TaskNames() {
  std::vector<std::string_view> names;
  for (const tasks::TaskKind& kind : tasks::AllTasks()) names.push_back(kind.name);
  return names;
}
bool IsTask(std::string_view name) { return tasks::FindTask(name) != nullptr; }
bool TakesImages(std::string_view name) {
  const tasks::TaskKind* kind = tasks::FindTask(name);
  return kind && kind->form().kind == tasks::InputKind::kImages;
}
bool HasSetting(std::string_view name, std::string_view setting) {
  const tasks::TaskKind* kind = tasks::FindTask(name);
  return kind && kind->HasSetting(setting);
}

}  // namespace onedge::api

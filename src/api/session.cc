#include "api/session.h"

#include "api/model.h"

namespace onedge::api {

Result<std::span<const Value>> Session::Run(std::span<const runtime::NamedValue> inputs,
                                            const runtime::RunOptions& options) {
  return session_->Run(inputs, options);
}

Result<std::unique_ptr<tasks::TaskRun>> Session::StartTask(std::vector<tasks::TaskInput> inputs,
                                                           const package::Settings& options,
                                                           tokenizer::OffsetUnit unit) const {
  return pipeline_->Start(std::move(inputs), options, unit);
}

Result<bool> Session::StepTask(tasks::TaskRun& run, const runtime::RunOptions& options) {
  return run.Step(*session_, options);
}

Result<std::vector<TaskAnswer>> Session::RunTask(std::vector<TaskInput> inputs, std::string_view options,
                                                 OffsetUnit unit) {
  ONEDGE_ASSIGN_OR_RETURN(const package::Settings settings, package::ParseSettings(options));
  ONEDGE_ASSIGN_OR_RETURN(const auto run, StartTask(std::move(inputs), settings, unit));
  for (bool more = true; more;) {
    ONEDGE_ASSIGN_OR_RETURN(more, StepTask(*run));
  }
  return std::move(run->answers());
}

}  // namespace onedge::api

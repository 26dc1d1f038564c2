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

}  // namespace onedge::api

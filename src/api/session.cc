#include "api/session.h"

#include "api/model.h"

namespace onedge::api {
namespace {

Status WrongTask(std::string_view wanted, const Model& model) {
  const std::string& task = model.manifest().task;
  return Unsupported("this model does not do ", wanted, ": ",
                     task.empty() ? std::string("it names no task") : StrCat("its task is '", task, "'"),
                     "; run it with tensors instead");
}

}  // namespace

Result<std::span<const Value>> Session::Run(std::span<const runtime::NamedValue> inputs,
                                            const runtime::RunOptions& options) {
  return session_->Run(inputs, options);
}

Result<std::vector<tasks::LabelScore>> Session::ClassifyText(std::string_view text, size_t top_k,
                                                             const runtime::RunOptions& options) {
  auto* task = std::get_if<tasks::TextClassification>(&task_);
  if (!task) return WrongTask("text-classification", *model_);
  return task->Run(*session_, text, top_k, options);
}

Result<std::vector<tasks::LabelScore>> Session::ClassifyImage(const tasks::Image& image, size_t top_k,
                                                              const runtime::RunOptions& options) {
  auto* task = std::get_if<tasks::ImageClassification>(&task_);
  if (!task) return WrongTask("image-classification", *model_);
  return task->Run(*session_, image, top_k, options);
}

Result<std::vector<float>> Session::Embed(std::string_view text, const runtime::RunOptions& options) {
  auto* task = std::get_if<tasks::Embedding>(&task_);
  if (!task) return WrongTask("feature-extraction", *model_);
  return task->Run(*session_, text, options);
}

}  // namespace onedge::api

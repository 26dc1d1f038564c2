#include "tasks/pipeline.h"

#include "tasks/task_run.h"

namespace onedge::tasks {

Result<Pipeline> Pipeline::Create(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer,
                                  const package::Manifest& manifest) {
  Pipeline pipeline(model, tokenizer, manifest);
  if (const auto task = TaskOf(manifest.task)) {
    TextShape shape;
    TaskOptions options;
    ONEDGE_RETURN_IF_ERROR(pipeline.Check(*task, shape));
    ONEDGE_RETURN_IF_ERROR(pipeline.ReadManifest(*task, options));
  }
  return pipeline;
}

Status Pipeline::Check(Task task, TextShape& shape) const {
  const std::string_view name = TaskName(task);
  const bool labelled = task == Task::kTextClassification || task == Task::kTokenClassification ||
                        task == Task::kZeroShotClassification || TakesImages(task);
  if (labelled && manifest_->labels.empty()) return InvalidArgument(name, " needs labels; this model names none");
  if (!TakesImages(task)) {
    if (!tokenizer_) return InvalidArgument("task '", name, "' needs a tokenizer.json in the package");
    return TextInputs::Check(*model_, shape);
  }
  if (model_->inputs().empty() || model_->inputs()[0].type.dtype != DType::kFloat32) {
    return Unsupported(name, " needs a model whose first input is a float32 image; run it with tensors instead");
  }
  return OkStatus();
}

// Another task than the manifest's takes of its settings those that it has too, as similarity does with pooling.
Status Pipeline::ReadManifest(Task task, TaskOptions& options) const {
  options = DefaultTaskOptions(task);
  const bool own = TaskOf(manifest_->task) == task;
  package::Settings flat;
  for (const package::Settings::Entry& entry : manifest_->preprocessing.entries()) {
    const auto* nested = std::get_if<package::Settings>(&entry.value);
    if (nested && entry.name == "image") {
      ONEDGE_RETURN_IF_ERROR(ReadTaskOptions(task, *nested, own, options));
    } else if (entry.name != "tokenizer") {
      flat.Set(entry.name, entry.value);
    }
  }
  ONEDGE_RETURN_IF_ERROR(ReadTaskOptions(task, flat, own, options));
  ONEDGE_RETURN_IF_ERROR(ReadTaskOptions(task, manifest_->postprocessing, own, options));
  if (TakesImages(task) && options.image.shortest_edge == 0 &&
      (options.image.width == 0 || options.image.height == 0)) {
    return InvalidArgument(TaskName(task), " needs preprocessing.image with width and height, or with shortest_edge");
  }
  return OkStatus();
}

Result<std::unique_ptr<TaskRun>> Pipeline::Start(std::vector<TaskInput> inputs, const package::Settings& options,
                                                 tokenizer::OffsetUnit unit) const {
  std::string_view name = manifest_->task;
  for (const package::Settings::Entry& entry : options.entries()) {
    const auto* text = std::get_if<std::string>(&entry.value);
    if (text && entry.name == "task") name = *text;
  }
  const auto task = TaskOf(name);
  if (!task) {
    return Unsupported("the model's task is '", name,
                       "', which takes no texts or images; name one with the option 'task', or give tensors");
  }
  std::unique_ptr<TaskRun> run(new TaskRun(*this, *task, unit));
  ONEDGE_RETURN_IF_ERROR(Check(*task, run->shape_));
  ONEDGE_RETURN_IF_ERROR(ReadManifest(*task, run->options_));
  package::Settings rest;
  for (const package::Settings::Entry& entry : options.entries()) {
    if (entry.name != "task") rest.Set(entry.name, entry.value);
  }
  ONEDGE_RETURN_IF_ERROR(ReadTaskOptions(*task, rest, true, run->options_));
  ONEDGE_RETURN_IF_ERROR(run->Prepare(std::move(inputs)));
  return run;
}

}  // namespace onedge::tasks

#include "tasks/pipeline.h"

#include "tasks/task_run.h"

namespace onedge::tasks {

Result<Pipeline> Pipeline::Create(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer,
                                  const package::Manifest& manifest) {
  Pipeline pipeline(model, tokenizer, manifest);
  if (const TaskKind* kind = FindTask(manifest.task)) {
    BatchShape shape;
    ONEDGE_RETURN_IF_ERROR(pipeline.MakeTask(*kind, {}, shape).status());
  }
  return pipeline;
}

// Another task than the manifest's takes the manifest's settings that it has too: for example similarity takes pooling.
Result<std::unique_ptr<Task>> Pipeline::MakeTask(const TaskKind& kind, const StartOptions& options,
                                                 BatchShape& shape) const {
  std::unique_ptr<Task> task = kind.make({.task = kind.name,
                                          .model = model_,
                                          .tokenizer = tokenizer_,
                                          .labels = &manifest_->labels,
                                          .unit = options.unit,
                                          .max_tokens = options.max_tokens,
                                          .too_long = options.too_long});
  ONEDGE_RETURN_IF_ERROR(task->Check(shape));
  std::vector<Setting> settings;
  task->AddSettings(settings);
  const bool own = manifest_->task == kind.name;
  package::Settings flat;
  for (const package::Settings::Entry& entry : manifest_->preprocessing.entries()) {
    const auto* nested = std::get_if<package::Settings>(&entry.value);
    if (nested && entry.name == "image") {
      ONEDGE_RETURN_IF_ERROR(ReadSettings(kind.name, settings, *nested, own));
    } else if (entry.name != "tokenizer") {
      flat.Set(entry.name, entry.value);
    }
  }
  ONEDGE_RETURN_IF_ERROR(ReadSettings(kind.name, settings, flat, own));
  ONEDGE_RETURN_IF_ERROR(ReadSettings(kind.name, settings, manifest_->postprocessing, own));
  ONEDGE_RETURN_IF_ERROR(task->CheckSettings());
  return task;
}

Result<std::unique_ptr<TaskRun>> Pipeline::Start(std::vector<TaskInput> inputs, const package::Settings& settings,
                                                 const StartOptions& options) const {
  std::string_view name = manifest_->task;
  package::Settings rest;
  for (const package::Settings::Entry& entry : settings.entries()) {
    const auto* text = std::get_if<std::string>(&entry.value);
    if (text && entry.name == "task") {
      name = *text;
    } else {
      rest.Set(entry.name, entry.value);
    }
  }
  const TaskKind* kind = FindTask(name);
  if (!kind) {
    return Unsupported("the model's task is '", name,
                       "', which takes no texts or images; set one with the option 'task', or pass tensors");
  }
  std::unique_ptr<TaskRun> run(new TaskRun(kind->name));
  ONEDGE_ASSIGN_OR_RETURN(run->task_, MakeTask(*kind, options, run->shape_));
  std::vector<Setting> known;
  run->task_->AddSettings(known);
  ONEDGE_RETURN_IF_ERROR(ReadSettings(kind->name, known, rest, true));
  ONEDGE_RETURN_IF_ERROR(run->task_->CheckSettings());
  ONEDGE_RETURN_IF_ERROR(run->Encode(std::move(inputs)));
  return run;
}

}  // namespace onedge::tasks

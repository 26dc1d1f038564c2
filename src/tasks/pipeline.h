// Pipeline: a model with its tokenizer, set up for the task that its manifest names. Immutable; it refers to model,
// tokenizer and manifest, which outlive it and its runs.
#pragma once

#include <memory>

#include "tasks/task.h"
#include "tasks/text_inputs.h"

namespace onedge::tasks {

class TaskRun;

class Pipeline {
 public:
  // Fails when the model cannot do the task that the manifest names, or the manifest's settings are wrong. `tokenizer`
  // may be null. A manifest may name another task, or none: then each run has to name one.
  static Result<Pipeline> Create(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer,
                                 const package::Manifest& manifest);

  // A run over `inputs`. `options`: over those of the manifest, and `task`, where it is to be another task that the
  // model can do. Offsets of the answers are in `unit`. The pixels of images must live as long as the run.
  Result<std::unique_ptr<TaskRun>> Start(std::vector<TaskInput> inputs, const package::Settings& options,
                                         tokenizer::OffsetUnit unit) const;

 private:
  friend class TaskRun;
  Pipeline(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer, const package::Manifest& manifest)
      : model_(&model), tokenizer_(tokenizer), manifest_(&manifest) {}
  // Whether model and package have what the task needs.
  Status Check(Task task, TextShape& shape) const;
  Status ReadManifest(Task task, TaskOptions& options) const;

  const runtime::Model* model_;
  const tokenizer::Tokenizer* tokenizer_;
  const package::Manifest* manifest_;
};

}  // namespace onedge::tasks

// Pipeline: a model with its tokenizer, set up for the task that its manifest names. Immutable; it refers to model,
// tokenizer and manifest, which outlive it and its runs.
#pragma once

#include <memory>

#include "tasks/registry.h"

namespace onedge::tasks {

class TaskRun;

// What the host asks of a run, whoever sent its input.
struct StartOptions {
  tokenizer::OffsetUnit unit = tokenizer::OffsetUnit::kCodePoints;  // of the answers' offsets
  uint64_t max_tokens = UINT64_MAX;                                 // of a text, specials included
};

class Pipeline {
 public:
  // Fails when the model cannot do the task that the manifest names, or the manifest's settings are wrong. `tokenizer`
  // may be null. A manifest may name another task, or none: then each run has to name one.
  static Result<Pipeline> Create(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer,
                                 const package::Manifest& manifest);

  // A run over `inputs`. `settings`: over those of the manifest, and `task`, where it is to be another task that the
  // model can do. The pixels of images must live as long as the run.
  Result<std::unique_ptr<TaskRun>> Start(std::vector<TaskInput> inputs, const package::Settings& settings,
                                         const StartOptions& options = {}) const;

  const runtime::Model& model() const { return *model_; }
  const tokenizer::Tokenizer* tokenizer() const { return tokenizer_; }  // null where the package holds none
  const package::Manifest& manifest() const { return *manifest_; }

 private:
  Pipeline(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer, const package::Manifest& manifest)
      : model_(&model), tokenizer_(tokenizer), manifest_(&manifest) {}
  // A task with the manifest's settings, which model and package have what it needs for.
  Result<std::unique_ptr<Task>> MakeTask(const TaskKind& kind, const StartOptions& options, BatchShape& shape) const;

  const runtime::Model* model_;
  const tokenizer::Tokenizer* tokenizer_;
  const package::Manifest* manifest_;
};

}  // namespace onedge::tasks

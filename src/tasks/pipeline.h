// Pipeline: a model with its tokenizer, set up for the task that its manifest names. Immutable. Model, tokenizer and
// manifest must outlive it and its runs.
#pragma once

#include <memory>

#include "tasks/registry.h"

namespace onedge::tasks {

class TaskRun;

// Limits and units that the host sets for a run, for all senders of its input.
struct StartOptions {
  tokenizer::OffsetUnit unit = tokenizer::OffsetUnit::kCodePoints;  // of the answers' offsets
  uint64_t max_tokens = UINT64_MAX;                                 // of a text, including special tokens
  std::string_view too_long = kTruncationCuts;                      // the end of the error for a longer text
};

class Pipeline {
 public:
  // Fails if the model cannot do the task that the manifest names, or if the manifest's settings are wrong. `tokenizer`
  // may be null. If the manifest names an unknown task or none, each run must name one.
  static Result<Pipeline> Create(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer,
                                 const package::Manifest& manifest);

  // A run over `inputs`. `settings` override those of the manifest; `task` selects another task that the model can do.
  // The pixels of images must live as long as the run.
  Result<std::unique_ptr<TaskRun>> Start(std::vector<TaskInput> inputs, const package::Settings& settings,
                                         const StartOptions& options = {}) const;

  const runtime::Model& model() const { return *model_; }
  const tokenizer::Tokenizer* tokenizer() const { return tokenizer_; }  // null if the package has none
  const package::Manifest& manifest() const { return *manifest_; }

 private:
  Pipeline(const runtime::Model& model, const tokenizer::Tokenizer* tokenizer, const package::Manifest& manifest)
      : model_(&model), tokenizer_(tokenizer), manifest_(&manifest) {}
  // A task with the manifest's settings. It fails unless model and package have everything that the task needs.
  Result<std::unique_ptr<Task>> MakeTask(const TaskKind& kind, const StartOptions& options, BatchShape& shape) const;

  const runtime::Model* model_;
  const tokenizer::Tokenizer* tokenizer_;
  const package::Manifest* manifest_;
};

}  // namespace onedge::tasks

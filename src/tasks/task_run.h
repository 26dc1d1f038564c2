// TaskRun: one call of a pipeline: inputs to sequences, batches through the model, outputs to answers. A batch holds
// texts with the same number of tokens, so that no text is padded and no answer depends on the others: its bits are
// those of a separate run. (A model that quantizes at run time uses one scale for the whole batch, so there each text
// runs alone.)
#pragma once

#include "runtime/session.h"
#include "tasks/pipeline.h"

namespace onedge::tasks {

class TaskRun {
 public:
  // Runs one batch, or the part of it that is done by `until` (see runtime::Run::Step). Returns false when all batches
  // are done and the answers are complete. Do not use the run after a failure.
  Result<bool> Step(runtime::Session& session, const runtime::RunOptions& run_options = {},
                    runtime::Deadline until = runtime::kNoDeadline);
  // True inside a batch: the session, which must outlive this, can run nothing else.
  bool running() const { return run_.has_value(); }

  std::string_view name() const { return name_; }
  size_t size() const { return inputs_.size(); }  // inputs; each gets an answer
  const std::vector<TaskInput>& inputs() const { return inputs_; }
  // Has the answers after Step has returned false.
  const Task& task() const { return *task_; }
  // The tokens that ran through the model, with specials, without padding: of one input, of all.
  size_t tokens(size_t input) const { return tokens_[input]; }
  size_t tokens() const;

 private:
  friend class Pipeline;
  explicit TaskRun(std::string_view name) : name_(name) {}

  Status Encode(std::vector<TaskInput> inputs);
  // The number of sequences from `next_` on that run together, and their length.
  size_t BatchSize(size_t& length) const;

  Status StartBatch(runtime::Session& session, const runtime::RunOptions& run_options);
  Status FinishBatch(const runtime::Model& model, const Status& status, std::span<const Value> outputs);

  std::string_view name_;
  BatchShape shape_;
  std::unique_ptr<Task> task_;
  std::vector<TaskInput> inputs_;
  std::vector<size_t> tokens_;
  std::vector<Sequence> sequences_;
  std::vector<uint32_t> order_;      // of sequences, by length
  size_t next_ = 0;                  // in `order_`
  size_t largest_ = 32;              // batch that fits the memory budget
  std::optional<runtime::Run> run_;  // of a batch
  size_t batch_ = 0;                 // sequences in run_
};

}  // namespace onedge::tasks

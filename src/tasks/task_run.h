// TaskRun: one call of a pipeline: texts to tokens, batches through the model, outputs to answers. A batch holds texts
// of the same number of tokens, so that none is padded, and no answer depends on the others: its bits are those of a
// run of its own. (A model that quantizes as it runs takes one scale from all of a batch: there each text runs alone.)
#pragma once

#include "runtime/session.h"
#include "tasks/pipeline.h"
#include "tasks/question_answering.h"

namespace onedge::tasks {

class TaskRun {
 public:
  // Runs one batch, or of its run what is done by `until` (see runtime::Run::Step). False when there is none left and
  // `answers` are complete. After a failure the run is spent.
  Result<bool> Step(runtime::Session& session, const runtime::RunOptions& run_options = {},
                    runtime::Deadline until = runtime::kNoDeadline);
  // In the middle of a batch: the session, which must outlive this, can run nothing else.
  bool running() const { return run_.has_value(); }

  // One for each input, in their order.
  std::vector<TaskAnswer>& answers() { return answers_; }
  const std::vector<TaskInput>& inputs() const { return inputs_; }
  Task task() const { return task_; }

 private:
  friend class Pipeline;
  TaskRun(const Pipeline& pipeline, Task task, tokenizer::OffsetUnit unit)
      : pipeline_(pipeline), task_(task), unit_(unit) {}

  // What goes through the model: a text or pair; of some tasks an input has several, in `slot`s.
  struct Sequence {
    uint32_t input;
    uint32_t slot;
    size_t mask = 0;  // token; of fill-mask
    tokenizer::Encoding encoding;
  };
  // What the outputs of an input's sequences leave behind until all of them are there.
  struct Partial {
    std::vector<std::vector<float>> slots;
    SpanScores spans;
  };

  Status Prepare(std::vector<TaskInput> inputs);
  Status Encode(uint32_t input);
  Status EncodeWindows(uint32_t input);
  Status Add(uint32_t input, uint32_t slot, std::string_view text, std::optional<std::string_view> pair);
  tokenizer::EncodeOptions EncodeOptions() const;

  Status RunTexts(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until);
  Status RunImage(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until);
  Status StartImage(runtime::Session& session, const runtime::RunOptions& run_options);
  // Goes on with run_. Nothing where it has more to do; else it is gone, and `outputs` are those of the run.
  std::optional<Status> StepRun(runtime::Deadline until, std::span<const Value>& outputs);
  Status Consume(const Sequence& sequence, std::span<const Value> outputs, size_t item, size_t batch);
  Status Finish(uint32_t input);
  Status ZeroShotScores(const std::vector<std::vector<float>>& logits, std::vector<double>& scores) const;
  Status Rank(std::span<const float> logits, std::vector<Answer>& entries) const;

  Pipeline pipeline_;
  Task task_;
  tokenizer::OffsetUnit unit_;
  TextShape shape_;
  TaskOptions options_;
  std::vector<TaskInput> inputs_;
  std::vector<Sequence> sequences_;
  std::vector<uint32_t> order_;  // of sequences, by length
  std::vector<Partial> partials_;
  std::vector<TaskAnswer> answers_;
  size_t next_ = 0;      // of sequences, or of images
  size_t largest_ = 32;  // batch that fits the memory budget
  std::optional<runtime::Run> run_;
  size_t batch_ = 0;  // texts in run_
};

}  // namespace onedge::tasks

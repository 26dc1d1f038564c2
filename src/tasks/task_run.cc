#include "tasks/task_run.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

constexpr size_t kBatchTokens = 512;  // maximum tokens per batch; a longer text runs alone

// Whether the outputs have a row for each text.
bool HasBatch(std::span<const Value> outputs, size_t batch) {
  return std::ranges::all_of(outputs, [&](const Value& output) {
    return output.is_tensor() && output.tensor().rank() > 0 && output.tensor().dim(0) == static_cast<int64_t>(batch);
  });
}

}  // namespace

size_t TaskRun::tokens() const { return std::accumulate(tokens_.begin(), tokens_.end(), size_t{0}); }

Status TaskRun::Encode(std::vector<TaskInput> inputs) {
  inputs_ = std::move(inputs);
  tokens_.resize(inputs_.size());
  task_->Start(&inputs_);
  const InputForm form = task_->form();
  for (uint32_t i = 0; i < inputs_.size(); ++i) {
    Status status = CheckParts(name_, form, inputs_[i]);
    if (status.ok()) status = task_->Encode(i, sequences_);
    if (!status.ok()) return inputs_.size() > 1 ? std::move(status).WithContext(StrCat("input ", i)) : status;
  }
  std::vector<double> lengths;
  for (const Sequence& sequence : sequences_) {
    tokens_[sequence.input] += sequence.encoding.size();
    lengths.push_back(static_cast<double>(sequence.encoding.size()));
  }
  order_ = TopK(lengths, 0);  // the longest first: a text that does not fit the memory budget fails at once
  return OkStatus();
}

size_t TaskRun::BatchSize(size_t& length) const {
  const size_t tokens = sequences_[order_[next_]].encoding.size();
  length = std::max(tokens, shape_.length);
  if (!shape_.batches) return 1;
  size_t batch = 1;
  const size_t most = std::min(largest_, std::max<size_t>(1, kBatchTokens / length));
  while (batch < most && next_ + batch < order_.size() &&
         (shape_.length > 0 || sequences_[order_[next_ + batch]].encoding.size() == tokens)) {
    ++batch;
  }
  return std::bit_floor(batch);  // few shapes, so that their plans are kept
}

Status TaskRun::StartBatch(runtime::Session& session, const runtime::RunOptions& run_options) {
  size_t length = 0;
  batch_ = BatchSize(length);
  std::vector<const Sequence*> sequences;
  for (size_t i = 0; i < batch_; ++i) sequences.push_back(&sequences_[order_[next_ + i]]);
  std::vector<runtime::NamedValue> inputs;
  ONEDGE_RETURN_IF_ERROR(task_->Build(sequences, length, inputs));
  Result<runtime::Run> run = session.Start(inputs, run_options);
  if (!run.ok()) return FinishBatch(session.model(), run.status(), {});
  run_ = std::move(*run);
  return OkStatus();
}

Status TaskRun::FinishBatch(const runtime::Model& model, const Status& status, std::span<const Value> outputs) {
  const StatusCode code = status.code();
  if (batch_ == 1 || code == StatusCode::kCancelled || code == StatusCode::kDeadlineExceeded) {
    ONEDGE_RETURN_IF_ERROR(status);
  } else if (!status.ok() || !HasBatch(outputs, batch_)) {
    // Repeats with fewer texts; with one text if the model was exported for one text at a time, whatever its inputs
    // declare.
    largest_ = code == StatusCode::kResourceExhausted ? batch_ / 2 : 1;
    return OkStatus();
  }
  for (size_t i = 0; i < batch_; ++i, ++next_) {
    Sequence& sequence = sequences_[order_[next_]];
    ONEDGE_RETURN_IF_ERROR(task_->Consume(sequence, ModelOutputs(model, outputs, i, batch_)));
    sequence.encoding = {};
  }
  return OkStatus();
}

Result<bool> TaskRun::Step(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until) {
  if (next_ < order_.size()) {
    if (!run_) ONEDGE_RETURN_IF_ERROR(StartBatch(session, run_options));
    if (run_) {
      const Result<runtime::RunProgress> progress = run_->Step(until);
      if (progress.ok() && *progress != runtime::RunProgress::kDone) return true;
      const std::span<const Value> outputs = run_->outputs();
      run_.reset();
      ONEDGE_RETURN_IF_ERROR(FinishBatch(session.model(), progress.status(), outputs));
    }
    if (next_ < order_.size()) return true;
  }
  for (uint32_t i = 0; i < inputs_.size(); ++i) ONEDGE_RETURN_IF_ERROR(task_->Finish(i));
  return false;
}

}  // namespace onedge::tasks

// The second half of a TaskRun: what the model gave, as answers.
#include <algorithm>

#include "tasks/fill_mask.h"
#include "tasks/pooling.h"
#include "tasks/scores.h"
#include "tasks/task_run.h"
#include "tasks/token_classification.h"

namespace onedge::tasks {
namespace {

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return out;
}

// The label that says that a hypothesis follows, or that it does not.
size_t FindLabel(const std::vector<std::string>& labels, std::initializer_list<std::string_view> names) {
  for (std::string_view name : names) {
    for (size_t i = 0; i < labels.size(); ++i) {
      if (Lower(labels[i]) == name) return i;
    }
  }
  return labels.size();
}

Status CheckCount(size_t scores, size_t expected) {
  if (scores == expected) return OkStatus();
  return InvalidArgument("the model gives ", scores, " scores for a text; expected ", expected);
}

// Offsets in bytes of `text` become offsets in `unit`. Entries mostly ascend, so it walks along with them.
void ConvertOffsets(std::string_view text, tokenizer::OffsetUnit unit, std::vector<Answer>& entries) {
  if (unit == tokenizer::OffsetUnit::kBytes) return;
  const auto units = [&](int64_t at) {
    const auto byte = static_cast<uint8_t>(text[static_cast<size_t>(at)]);
    if ((byte & 0xC0) == 0x80) return 0;
    return unit == tokenizer::OffsetUnit::kUtf16 && byte >= 0xF0 ? 2 : 1;
  };
  int64_t at = 0;
  int64_t count = 0;
  const auto convert = [&](int64_t& position) {
    for (; at < position; ++at) count += units(at);
    for (; at > position; --at) count -= units(at - 1);
    position = count;
  };
  for (Answer& entry : entries) {
    convert(entry.start);
    convert(entry.end);
  }
}

}  // namespace

Status TaskRun::Consume(const Sequence& sequence, std::span<const Value> outputs, size_t item, size_t batch) {
  const runtime::Model& model = *pipeline_.model_;
  const tokenizer::Encoding& encoding = sequence.encoding;
  TaskAnswer& answer = answers_[sequence.input];
  const bool question = task_ == Task::kQuestionAnswering;
  OutputRows rows;
  ONEDGE_RETURN_IF_ERROR(ReadOutput(model, outputs, question ? "start" : "logits", 0, item, batch, rows));
  switch (task_) {
    case Task::kQuestionAnswering: {
      OutputRows ends;
      ONEDGE_RETURN_IF_ERROR(ReadOutput(model, outputs, "end", 1, item, batch, ends));
      return CollectSpans(rows.all(), ends.all(), encoding, options_, partials_[sequence.input].spans);
    }
    case Task::kTokenClassification:
      return ClassifyTokens(rows, inputs_[sequence.input].text, encoding, *pipeline_.tokenizer_,
                            pipeline_.manifest_->labels, options_, answer.entries);
    case Task::kFillMask:
      if (rows.rows <= sequence.mask) {
        return InvalidArgument("the model gives scores for ", rows.rows, " tokens of ", encoding.size());
      }
      return FillMask(rows.row(sequence.mask), sequence.mask, encoding, *pipeline_.tokenizer_, options_,
                      answer.entries);
    case Task::kFeatureExtraction:
      return Pool(rows, encoding.size(), options_, options_.normalize, answer);
    case Task::kSentenceSimilarity: {
      TaskAnswer pooled;
      ONEDGE_RETURN_IF_ERROR(Pool(rows, encoding.size(), options_, true, pooled));
      partials_[sequence.input].slots[sequence.slot] = std::move(pooled.vector);
      return OkStatus();
    }
    default:
      ONEDGE_RETURN_IF_ERROR(CheckNumbers(rows.all()));
      partials_[sequence.input].slots[sequence.slot].assign(rows.data, rows.data + rows.rows * rows.columns);
      return OkStatus();
  }
}

Status TaskRun::Rank(std::span<const float> logits, std::vector<Answer>& entries) const {
  const auto& labels = pipeline_.manifest_->labels;
  ONEDGE_RETURN_IF_ERROR(CheckCount(logits.size(), labels.size()));
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(logits));
  const bool sigmoid = options_.function == ScoreFunction::kSigmoid ||
                       (options_.function == ScoreFunction::kDefault && logits.size() == 1);
  std::vector<double> scores(logits.begin(), logits.end());
  if (options_.function != ScoreFunction::kNone) scores = sigmoid ? Sigmoid(logits) : Softmax(logits);
  for (uint32_t i : TopK(scores, options_.top_k)) {
    Answer& entry = entries.emplace_back();
    entry.label = labels[i];
    entry.score = static_cast<float>(scores[i]);
  }
  return OkStatus();
}

// logits: float32 [labels of the model] for each candidate label. Source: transformers' pipeline.
Status TaskRun::ZeroShotScores(const std::vector<std::vector<float>>& logits, std::vector<double>& scores) const {
  const auto& labels = pipeline_.manifest_->labels;
  const size_t entailment = FindLabel(labels, {"entailment", "entail"});
  if (entailment == labels.size()) {
    return InvalidArgument("zero-shot-classification needs a model with a label 'entailment'");
  }
  const size_t against = FindLabel(labels, {"contradiction", "not_entailment"});
  const bool each = options_.multi_label || logits.size() == 1;
  if (each && against == labels.size()) {
    return InvalidArgument("'multi_label', and a single candidate, need a model with a label 'contradiction'");
  }
  std::vector<float> entailments;
  for (const std::vector<float>& row : logits) {
    ONEDGE_RETURN_IF_ERROR(CheckCount(row.size(), labels.size()));
    entailments.push_back(row[entailment]);
    if (each) {
      const float both[] = {row[against], row[entailment]};
      scores.push_back(Softmax(both)[1]);
    }
  }
  if (!each) scores = Softmax(entailments);
  return OkStatus();
}

Status TaskRun::Finish(uint32_t input) {
  Partial& partial = partials_[input];
  std::vector<Answer>& entries = answers_[input].entries;
  std::vector<double> scores;
  switch (task_) {
    case Task::kTextClassification:
      return Rank(partial.slots[0], entries);
    case Task::kZeroShotClassification:
      ONEDGE_RETURN_IF_ERROR(ZeroShotScores(partial.slots, scores));
      break;
    case Task::kQuestionAnswering:
      entries = BestSpans(partial.spans, *inputs_[input].pair, options_);
      ConvertOffsets(*inputs_[input].pair, unit_, entries);
      return OkStatus();
    case Task::kTokenClassification:
      ConvertOffsets(inputs_[input].text, unit_, entries);
      return OkStatus();
    case Task::kSentenceSimilarity:
      for (size_t i = 1; i < partial.slots.size(); ++i)
        scores.push_back(DotProduct(partial.slots[0], partial.slots[i]));
      break;
    case Task::kTextRanking:
      for (const std::vector<float>& logits : partial.slots) {
        ONEDGE_RETURN_IF_ERROR(CheckCount(logits.size(), 1));
        scores.push_back(options_.function == ScoreFunction::kNone ? static_cast<double>(logits[0])
                                                                   : Sigmoid(logits)[0]);
      }
      break;
    default:
      return OkStatus();
  }
  for (uint32_t i : TopK(scores, options_.top_k)) {
    Answer& entry = entries.emplace_back();
    entry.index = i;
    if (task_ == Task::kZeroShotClassification) entry.label = options_.candidate_labels[i];
    entry.score = static_cast<float>(scores[i]);
  }
  return OkStatus();
}

}  // namespace onedge::tasks

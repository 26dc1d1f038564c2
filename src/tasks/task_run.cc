#include "tasks/task_run.h"

#include <algorithm>
#include <bit>

#include "tasks/fill_mask.h"
#include "tasks/object_detection.h"
#include "tasks/output_rows.h"
#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

constexpr size_t kBatchTokens = 512;  // that a batch holds at most, unless one text has more
constexpr double kMostTokens = 1 << 30;
constexpr double kQuestionMaxLength = 384;  // where neither package nor tokenizer says; that of transformers

// The parts of a task's input by their names in JSON; null: the task does not have that part.
struct InputNames {
  const char* text = "text";
  const char* pair = nullptr;
  const char* texts = nullptr;
  bool pair_required = false;
};

InputNames NamesOf(Task task) {
  switch (task) {
    case Task::kTextClassification:
      return {.pair = "text_pair"};
    case Task::kQuestionAnswering:
      return {.text = "question", .pair = "context", .pair_required = true};
    case Task::kSentenceSimilarity:
      return {.text = "source_sentence", .texts = "sentences"};
    case Task::kTextRanking:
      return {.text = "query", .texts = "texts"};
    default:
      return {};
  }
}

// Whether the input has the parts that the task takes, and no others.
Status CheckParts(Task task, const TaskInput& input) {
  const InputNames names = NamesOf(task);
  const auto fits = [](const char* expected, bool given, const std::string& name) {
    return expected ? name.empty() || name == expected : !given;
  };
  if (fits(names.text, true, input.text_name) && fits(names.pair, input.pair.has_value(), input.pair_name) &&
      fits(names.texts, input.texts.has_value(), input.texts_name) && (!names.pair_required || input.pair) &&
      (!names.texts || input.texts)) {
    return OkStatus();
  }
  std::string expected = names.pair_required || names.texts ? "" : "a text";
  if (names.pair || names.texts) {
    expected += StrCat(expected.empty() ? "{" : " or {", names.text, ", ", names.pair ? names.pair : names.texts, "}");
  }
  std::string got;
  for (const auto& [given, name, part] : {std::tuple(true, &input.text_name, "a text"),
                                          std::tuple(input.pair.has_value(), &input.pair_name, "a second text"),
                                          std::tuple(input.texts.has_value(), &input.texts_name, "texts")}) {
    if (given) got += StrCat(got.empty() ? "" : ", ", name->empty() ? part : *name);
  }
  return InvalidArgument(TaskName(task), ": expected ", expected, ", got ", input.text_name.empty() ? "" : "{", got,
                         input.text_name.empty() ? "" : "}");
}

// kInvalidArgument unless the text itself has a token, beside those that the tokenizer adds to every text.
Status CheckTokens(const tokenizer::Encoding& encoding, const char* text) {
  for (const tokenizer::EncodedToken& token : encoding.tokens) {
    if (token.sequence_id == 0 && !token.special_tokens_mask) return OkStatus();
  }
  return InvalidArgument("the ", text, " has no tokens, and cannot be answered");
}

// Whether the outputs have a row for each text.
bool HasBatch(std::span<const Value> outputs, size_t batch) {
  return std::all_of(outputs.begin(), outputs.end(), [&](const Value& output) {
    return output.is_tensor() && output.tensor().rank() > 0 && output.tensor().dim(0) == static_cast<int64_t>(batch);
  });
}

}  // namespace

Status TaskRun::Prepare(std::vector<TaskInput> inputs) {
  inputs_ = std::move(inputs);
  answers_.resize(inputs_.size());
  partials_.resize(inputs_.size());
  for (const TaskInput& input : inputs_) {
    if (TakesImages(task_) != (input.image.width > 0)) {
      return InvalidArgument(TaskName(task_), " takes ", TakesImages(task_) ? "images" : "texts");
    }
  }
  if (TakesImages(task_)) return OkStatus();
  for (uint32_t i = 0; i < inputs_.size(); ++i) {
    Status status = CheckParts(task_, inputs_[i]);
    if (status.ok()) status = task_ == Task::kQuestionAnswering ? EncodeWindows(i) : Encode(i);
    if (!status.ok()) return inputs_.size() > 1 ? std::move(status).WithContext(StrCat("input ", i)) : status;
  }
  std::vector<double> lengths;
  for (const Sequence& sequence : sequences_) lengths.push_back(static_cast<double>(sequence.encoding.size()));
  order_ = TopK(lengths, 0);  // the longest first: what does not fit the memory budget fails at once
  return OkStatus();
}

tokenizer::EncodeOptions TaskRun::EncodeOptions() const {
  const tokenizer::Tokenizer& tokenizer = *pipeline_.tokenizer_;
  tokenizer::EncodeOptions options;
  options.padding = tokenizer::Padding::Off();
  options.offset_unit = tokenizer::OffsetUnit::kBytes;
  tokenizer::Truncation truncation = tokenizer.truncation();
  const bool cuts = truncation.strategy != tokenizer::TruncationStrategy::kOff;
  double length = options_.max_length > 0 ? options_.max_length : cuts ? static_cast<double>(truncation.max_length) : 0;
  if (length == 0 && task_ == Task::kQuestionAnswering) length = kQuestionMaxLength;
  const auto fixed = static_cast<double>(shape_.length);
  if (fixed > 0 && (length == 0 || length > fixed)) length = fixed;
  if (length > 0) {
    truncation.strategy = tokenizer::TruncationStrategy::kLongestFirst;
    truncation.max_length = static_cast<size_t>(std::min(length, kMostTokens));
    truncation.stride = 0;
    options.truncation = truncation;
  }
  return options;
}

Status TaskRun::Add(uint32_t input, uint32_t slot, std::string_view text, std::optional<std::string_view> pair) {
  Sequence sequence{input, slot, 0, {}};
  ONEDGE_ASSIGN_OR_RETURN(sequence.encoding, pipeline_.tokenizer_->Encode(text, pair, EncodeOptions()));
  ONEDGE_RETURN_IF_ERROR(CheckTokens(sequence.encoding, slot == 0 ? NamesOf(task_).text : "text"));
  if (task_ == Task::kFillMask) {
    ONEDGE_ASSIGN_OR_RETURN(sequence.mask, FindMask(sequence.encoding, *pipeline_.tokenizer_, options_));
  }
  sequences_.push_back(std::move(sequence));
  return OkStatus();
}

Status TaskRun::Encode(uint32_t input) {
  const TaskInput& given = inputs_[input];
  uint32_t slot = 0;
  switch (task_) {
    case Task::kZeroShotClassification: {
      const std::string& hypothesis = options_.hypothesis_template;
      const size_t place = hypothesis.find("{}");
      if (place == std::string::npos) {
        return InvalidArgument("'hypothesis_template': expected {} where the label goes, got '", hypothesis, "'");
      }
      if (options_.candidate_labels.empty()) return InvalidArgument("'candidate_labels': expected at least one label");
      for (const std::string& label : options_.candidate_labels) {
        const std::string text = StrCat(hypothesis.substr(0, place), label, hypothesis.substr(place + 2));
        ONEDGE_RETURN_IF_ERROR(Add(input, slot++, given.text, text));
      }
      break;
    }
    case Task::kTextRanking:
      for (const std::string& text : *given.texts) ONEDGE_RETURN_IF_ERROR(Add(input, slot++, given.text, text));
      break;
    case Task::kSentenceSimilarity:
      ONEDGE_RETURN_IF_ERROR(Add(input, slot++, given.text, std::nullopt));
      for (const std::string& text : *given.texts) ONEDGE_RETURN_IF_ERROR(Add(input, slot++, text, std::nullopt));
      break;
    default:
      ONEDGE_RETURN_IF_ERROR(Add(input, slot++, given.text, given.pair));
  }
  partials_[input].slots.resize(slot);
  return OkStatus();
}

Status TaskRun::EncodeWindows(uint32_t input) {
  const TaskInput& given = inputs_[input];
  const tokenizer::Tokenizer& tokenizer = *pipeline_.tokenizer_;
  tokenizer::EncodeOptions options = EncodeOptions();
  tokenizer::Truncation& truncation = *options.truncation;
  tokenizer::EncodeOptions alone = options;
  alone.truncation = tokenizer::Truncation::Off();
  alone.add_special_tokens = false;
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding question, tokenizer.Encode(given.text, alone));
  ONEDGE_RETURN_IF_ERROR(CheckTokens(question, "question"));
  const size_t taken = question.size() + tokenizer.special_token_count(true);
  if (taken >= truncation.max_length) {
    return InvalidArgument("the question and the special tokens are ", taken, " tokens, which leaves no room for the ",
                           "context in a window of ", truncation.max_length, " (max_length)");
  }
  const size_t room = truncation.max_length - taken;
  const double stride =
      options_.doc_stride < 0 ? static_cast<double>(std::min<size_t>(room / 2, 128)) : options_.doc_stride;
  if (stride >= static_cast<double>(room)) {
    return InvalidArgument("'doc_stride': expected less than the ", room, " tokens of the context in a window, got ",
                           stride);
  }
  truncation.strategy = tokenizer::TruncationStrategy::kOnlySecond;
  truncation.stride = static_cast<size_t>(stride);
  options.all_windows = true;
  ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding encoding, tokenizer.Encode(given.text, *given.pair, options));
  std::vector<tokenizer::Encoding> windows = std::move(encoding.overflowing);
  windows.insert(windows.begin(), std::move(encoding));
  for (tokenizer::Encoding& window : windows) {
    if (window.size() > 0) sequences_.push_back({input, 0, 0, std::move(window)});
  }
  return OkStatus();
}

std::optional<Status> TaskRun::StepRun(runtime::Deadline until, std::span<const Value>& outputs) {
  const Result<runtime::RunProgress> progress = run_->Step(until);
  if (progress.ok() && *progress != runtime::RunProgress::kDone) return std::nullopt;
  outputs = run_->outputs();
  run_.reset();
  return progress.status();
}

Result<bool> TaskRun::Step(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until) {
  const size_t count = TakesImages(task_) ? inputs_.size() : sequences_.size();
  if (next_ < count) {
    ONEDGE_RETURN_IF_ERROR(TakesImages(task_) ? RunImage(session, run_options, until)
                                              : RunTexts(session, run_options, until));
    if (next_ < count) return true;
  }
  if (!TakesImages(task_)) {
    for (uint32_t i = 0; i < inputs_.size(); ++i) ONEDGE_RETURN_IF_ERROR(Finish(i));
  }
  return false;
}

Status TaskRun::RunTexts(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until) {
  std::optional<Status> status = OkStatus();
  if (!run_) {
    const size_t tokens = sequences_[order_[next_]].encoding.size();
    const size_t length = std::max(tokens, shape_.length);
    batch_ = 1;
    if (shape_.batches) {
      const size_t most = std::min(largest_, std::max<size_t>(1, kBatchTokens / length));
      while (batch_ < most && next_ + batch_ < sequences_.size() &&
             (shape_.length > 0 || sequences_[order_[next_ + batch_]].encoding.size() == tokens)) {
        ++batch_;
      }
      batch_ = std::bit_floor(batch_);  // few shapes, so that their plans are kept
    }
    std::vector<const tokenizer::Encoding*> texts;
    for (size_t i = 0; i < batch_; ++i) texts.push_back(&sequences_[order_[next_ + i]].encoding);
    std::vector<runtime::NamedValue> inputs;
    ONEDGE_RETURN_IF_ERROR(
        TextInputs::Build(session.model(), texts, length, pipeline_.tokenizer_->padding().pad_id, inputs));
    Result<runtime::Run> run = session.Start(inputs, run_options);
    if (run.ok()) run_ = std::move(*run);
    status = run.status();
  }
  std::span<const Value> outputs;
  if (run_) status = StepRun(until, outputs);
  if (!status) return OkStatus();
  const StatusCode code = status->code();
  if (batch_ == 1 || code == StatusCode::kCancelled || code == StatusCode::kDeadlineExceeded) {
    ONEDGE_RETURN_IF_ERROR(*status);
  } else if (code != StatusCode::kOk || !HasBatch(outputs, batch_)) {
    // Again, with fewer texts; alone where the model was exported for one text at a time, whatever its inputs say.
    largest_ = code == StatusCode::kResourceExhausted ? batch_ / 2 : 1;
    return OkStatus();
  }
  for (size_t i = 0; i < batch_; ++i, ++next_) {
    Sequence& sequence = sequences_[order_[next_]];
    ONEDGE_RETURN_IF_ERROR(Consume(sequence, outputs, i, batch_));
    sequence.encoding = {};
  }
  return OkStatus();
}

Status TaskRun::StartImage(runtime::Session& session, const runtime::RunOptions& run_options) {
  const runtime::Model& model = session.model();
  const Image& image = inputs_[next_].image;
  ONEDGE_ASSIGN_OR_RETURN(Tensor pixels, PreprocessImage(image, options_.image, model.budget()));
  const size_t axis = options_.image.layout == Layout::kNhwc ? 1 : 2;
  Shape mask_shape = {1, pixels.dim(axis), pixels.dim(axis + 1)};
  std::vector<runtime::NamedValue> inputs = {{model.inputs()[0].name, std::move(pixels)}};
  for (size_t i = 1; i < model.inputs().size(); ++i) {
    const runtime::SignatureEntry& input = model.inputs()[i];
    if (input.name != "pixel_mask" || input.type.dtype != DType::kInt64) {
      return Unsupported("image task: the model's input '", input.name,
                         "' is no int64 pixel_mask; run it with tensors");
    }
    for (size_t d = 1; input.type.dims && d < 3 && input.type.dims->size() == 3; ++d) {
      if ((*input.type.dims)[d].known()) mask_shape[d] = (*input.type.dims)[d].value;
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor mask, Tensor::Allocate(DType::kInt64, mask_shape, model.budget()));
    std::fill_n(mask.mutable_data<int64_t>(), mask.element_count(), int64_t{1});
    inputs.push_back({input.name, std::move(mask)});
  }
  ONEDGE_ASSIGN_OR_RETURN(runtime::Run run, session.Start(inputs, run_options));
  run_ = std::move(run);
  return OkStatus();
}

Status TaskRun::RunImage(runtime::Session& session, const runtime::RunOptions& run_options, runtime::Deadline until) {
  const runtime::Model& model = session.model();
  const Image& image = inputs_[next_].image;
  if (!run_) ONEDGE_RETURN_IF_ERROR(StartImage(session, run_options));
  std::span<const Value> outputs;
  const std::optional<Status> status = StepRun(until, outputs);
  if (!status) return OkStatus();
  ONEDGE_RETURN_IF_ERROR(*status);
  TaskAnswer& answer = answers_[next_++];
  if (task_ == Task::kImageClassification) {
    OutputRows logits;
    ONEDGE_RETURN_IF_ERROR(ReadOutput(model, outputs, "logits", 0, 0, 1, logits));
    return Rank(logits.all(), answer.entries);
  }
  OutputRows boxes, scores;
  ONEDGE_RETURN_IF_ERROR(ReadOutput(model, outputs, "boxes", SIZE_MAX, 0, 1, boxes));
  // DETR's logits, or the scores of a model that takes the softmax itself.
  if (!ReadOutput(model, outputs, "logits", SIZE_MAX, 0, 1, scores).ok()) {
    ONEDGE_RETURN_IF_ERROR(ReadOutput(model, outputs, "scores", SIZE_MAX, 0, 1, scores));
  }
  return DetectObjects(scores, boxes, image, pipeline_.manifest_->labels, options_, answer.entries);
}

}  // namespace onedge::tasks

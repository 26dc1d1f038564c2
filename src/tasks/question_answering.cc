// question-answering: the spans of a context that answer a question, over the windows of a long context. A span's score
// is the product of the probabilities of both ends, over the context's tokens and the first token, which means "no
// answer". Source: transformers' QuestionAnsweringPipeline.
#include <algorithm>

#include "tasks/offsets.h"
#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_lines.h"
#include "tasks/text_task.h"

namespace onedge::tasks {
namespace {

constexpr size_t kDefaultMaxLength = 384;  // the default of transformers
constexpr size_t kMostLength = 1 << 20;    // of a window
constexpr size_t kMostSpans = 1000;        // in an answer
constexpr size_t kKeptSpans = 1 << 16;     // before the worst are dropped

constexpr OutputNames kStart = {{"start", "start_logits", "output_start_logits"}, 0};
constexpr OutputNames kEnd = {{"end", "end_logits", "output_end_logits"}, 1};

// The spans from the windows of one context so far.
struct SpanScores {
  std::vector<tokenizer::Offset> spans;  // bytes of the context
  std::vector<double> scores;
  double no_answer = 1;  // the smallest score of a window's first token

  void KeepBest(size_t count) {
    SpanScores kept;
    for (uint32_t i : TopK(scores, count)) {
      kept.spans.push_back(spans[i]);
      kept.scores.push_back(scores[i]);
    }
    spans = std::move(kept.spans);
    scores = std::move(kept.scores);
  }
};

}  // namespace

class QuestionAnswering final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {.text = "question", .pair = "context", .pair_required = true}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    settings.push_back({"top_k", &top_k_});
    settings.push_back({"max_answer_len", &max_answer_len_});
    settings.push_back({"doc_stride", &doc_stride_});
    settings.push_back({"handle_impossible_answer", &handle_impossible_answer_});
    settings.push_back({"align_to_words", &align_to_words_});
    settings.push_back({"start_output", &start_output_});
    settings.push_back({"end_output", &end_output_});
  }

  void Reserve(size_t inputs) override {
    found_.resize(inputs);
    answers_.resize(inputs);
  }

  // Makes a sequence for each window.
  Status Encode(uint32_t input, std::vector<Sequence>& sequences) override {
    const TaskInput& given = this->input(input);
    tokenizer::EncodeOptions options = EncodeOptions(std::min(MaxLength(kDefaultMaxLength), kMostLength));
    tokenizer::Truncation& truncation = *options.truncation;
    tokenizer::EncodeOptions alone = options;
    alone.truncation = tokenizer::Truncation::Off();
    alone.add_special_tokens = false;
    ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding question, tokenizer().Encode(given.text, alone));
    ONEDGE_RETURN_IF_ERROR(CheckTokens(question, "question"));
    const size_t taken = question.size() + tokenizer().special_token_count(true);
    if (taken >= truncation.max_length) {
      return InvalidArgument("the question and the special tokens are ", taken, " tokens, which leaves no room for ",
                             "the context in a window of ", truncation.max_length, " (max_length)");
    }
    const size_t room = truncation.max_length - taken;
    const uint64_t stride = doc_stride_.value_or(std::min<size_t>(room / 2, 128));
    if (stride >= room) {
      return InvalidArgument("'doc_stride': expected less than the ", room, " tokens of the context in a window, got ",
                             stride);
    }
    truncation.strategy = tokenizer::TruncationStrategy::kOnlySecond;
    truncation.stride = static_cast<size_t>(stride);
    options.all_windows = true;
    ONEDGE_ASSIGN_OR_RETURN(tokenizer::Encoding encoding, tokenizer().Encode(given.text, *given.pair, options));
    std::vector<tokenizer::Encoding> windows = std::move(encoding.overflowing);
    windows.insert(windows.begin(), std::move(encoding));
    uint32_t slot = 0;
    for (tokenizer::Encoding& window : windows) {
      if (window.size() > 0) sequences.push_back({input, slot++, std::move(window)});
    }
    return OkStatus();
  }

  // start, end: float32 [tokens]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows start, outputs.Rows(kStart, start_output_));
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows end, outputs.Rows(kEnd, end_output_));
    return Collect(start.all(), end.all(), sequence.encoding, found_[sequence.input]);
  }

  Status Finish(uint32_t input) override {
    SpanScores& found = found_[input];
    if (handle_impossible_answer_) {
      found.spans.push_back({0, 0});
      found.scores.push_back(found.no_answer);
    }
    const std::string& context = *this->input(input).pair;
    const uint64_t most = top_k_ == 0 ? kMostSpans : std::min<uint64_t>(top_k_, kMostSpans);
    std::vector<tokenizer::Offset> taken;
    OffsetCounter offsets(context, this->context().unit);
    for (uint32_t i : TopK(found.scores, 0)) {
      if (taken.size() >= most) break;
      const tokenizer::Offset span = found.spans[i];
      // Overlapping windows, and words with several tokens, give a span more than once.
      if (std::ranges::find(taken, span) != taken.end()) continue;
      taken.push_back(span);
      const int64_t start = offsets.At(span.begin);
      answers_[input].push_back({context.substr(span.begin, span.end - span.begin), static_cast<float>(found.scores[i]),
                                 start, offsets.At(span.end)});
    }
    found = {};
    return OkStatus();
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    json.Array();
    for (const Entry& entry : answers_[input]) {
      json.Object();
      json.Key("answer").Text(entry.answer);
      json.Key("score").Score(entry.score);
      json.Key("start").Int(entry.start);
      json.Key("end").Int(entry.end);
      json.End();
    }
    json.End();
  }

  bool WriteText(size_t input, std::string& out) const override {
    for (const Entry& entry : answers_[input]) {
      out += StrCat(Fixed(entry.score), "  ", Range(entry.start, entry.end), "  ", entry.answer, "\n");
    }
    return true;
  }

 private:
  struct Entry {
    std::string answer;
    float score;
    int64_t start;  // in the caller's unit
    int64_t end;
  };

  // The spans of a window with at most max_answer_len tokens.
  Status Collect(std::span<const float> start, std::span<const float> end, const tokenizer::Encoding& window,
                 SpanScores& found) const {
    const size_t tokens = window.size();
    if (start.size() < tokens || end.size() < tokens) {
      return InvalidArgument("the model gives ", start.size(), " and ", end.size(), " scores for ", tokens, " tokens");
    }
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(start.first(tokens)));
    ONEDGE_RETURN_IF_ERROR(CheckNumbers(end.first(tokens)));
    // The positions of the first token and of the context's tokens.
    std::vector<size_t> places = {0};
    std::vector<float> start_logits = {start[0]}, end_logits = {end[0]};
    for (size_t t = 1; t < tokens; ++t) {
      if (window.tokens[t].sequence_id != 1) continue;
      places.push_back(t);
      start_logits.push_back(start[t]);
      end_logits.push_back(end[t]);
    }
    const std::vector<double> starts = Softmax(start_logits), ends = Softmax(end_logits);
    found.no_answer = std::min(found.no_answer, starts[0] * ends[0]);
    const auto word = [&](size_t i) { return window.tokens[places[i]].word_id; };
    for (size_t i = 1; i < places.size(); ++i) {
      const size_t last = i + static_cast<size_t>(std::min<uint64_t>(places.size() - i, max_answer_len_));
      for (size_t j = i; j < last; ++j) {
        size_t from = i, to = j;
        if (align_to_words_) {
          while (from > 1 && word(from) >= 0 && word(from - 1) == word(from)) --from;
          while (to + 1 < places.size() && word(to) >= 0 && word(to + 1) == word(to)) ++to;
        }
        found.spans.push_back({window.tokens[places[from]].offset.begin, window.tokens[places[to]].offset.end});
        found.scores.push_back(starts[i] * ends[j]);
        if (found.spans.size() >= kKeptSpans) found.KeepBest(kKeptSpans / 2);
      }
    }
    return OkStatus();
  }

  uint64_t top_k_ = 1;                  // 0: all
  uint64_t max_answer_len_ = 15;        // tokens
  std::optional<uint64_t> doc_stride_;  // tokens; default: depends on the window
  bool handle_impossible_answer_ = false;
  bool align_to_words_ = true;
  std::string start_output_, end_output_;
  std::vector<SpanScores> found_;
  std::vector<std::vector<Entry>> answers_;
};

template <>
std::unique_ptr<Task> Make<QuestionAnswering>(const TaskContext& context) {
  return std::make_unique<QuestionAnswering>(context);
}

}  // namespace onedge::tasks

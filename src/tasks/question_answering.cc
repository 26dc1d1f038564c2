#include "tasks/question_answering.h"

#include <algorithm>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

constexpr size_t kMostSpans = 1000;     // that an answer has
constexpr size_t kKeptSpans = 1 << 16;  // before the worst of them go

void KeepBest(SpanScores& found, size_t count) {
  SpanScores kept;
  for (uint32_t i : TopK(found.scores, count)) {
    kept.spans.push_back(found.spans[i]);
    kept.scores.push_back(found.scores[i]);
  }
  found.spans = std::move(kept.spans);
  found.scores = std::move(kept.scores);
}

}  // namespace

Status CollectSpans(std::span<const float> start, std::span<const float> end, const tokenizer::Encoding& window,
                    const TaskOptions& options, SpanScores& found) {
  const size_t tokens = window.size();
  if (start.size() < tokens || end.size() < tokens) {
    return InvalidArgument("the model gives ", start.size(), " and ", end.size(), " scores for ", tokens, " tokens");
  }
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(start.first(tokens)));
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(end.first(tokens)));
  // Of the first token and of the context's.
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
    const size_t last =
        i + static_cast<size_t>(std::min(static_cast<double>(places.size() - i), options.max_answer_len));
    for (size_t j = i; j < last; ++j) {
      size_t from = i, to = j;
      if (options.align_to_words) {
        while (from > 1 && word(from) >= 0 && word(from - 1) == word(from)) --from;
        while (to + 1 < places.size() && word(to) >= 0 && word(to + 1) == word(to)) ++to;
      }
      found.spans.push_back({window.tokens[places[from]].offset.begin, window.tokens[places[to]].offset.end});
      found.scores.push_back(starts[i] * ends[j]);
      if (found.spans.size() >= kKeptSpans) KeepBest(found, kKeptSpans / 2);
    }
  }
  return OkStatus();
}

std::vector<Answer> BestSpans(SpanScores& found, std::string_view context, const TaskOptions& options) {
  if (options.handle_impossible_answer) {
    found.spans.push_back({0, 0});
    found.scores.push_back(found.no_answer);
  }
  const double most = options.top_k == 0 ? kMostSpans : std::min<double>(options.top_k, kMostSpans);
  std::vector<Answer> entries;
  for (uint32_t i : TopK(found.scores, 0)) {
    if (static_cast<double>(entries.size()) >= most) break;
    const auto [begin, end] = found.spans[i];
    // Overlapping windows, and words of several tokens, give a span more than once.
    const bool known = std::any_of(entries.begin(), entries.end(),
                                   [&](const Answer& entry) { return entry.start == begin && entry.end == end; });
    if (known) continue;
    Answer& entry = entries.emplace_back();
    entry.score = static_cast<float>(found.scores[i]);
    entry.start = begin;
    entry.end = end;
    entry.word = context.substr(begin, end - begin);
  }
  return entries;
}

}  // namespace onedge::tasks

// question-answering: the spans of a context that answer a question, over the windows of a long context.
#pragma once

#include <string_view>
#include <vector>

#include "tasks/output_rows.h"
#include "tasks/task.h"

namespace onedge::tasks {

// What the windows of one context have given so far.
struct SpanScores {
  struct Span {
    uint32_t begin;  // bytes of the context
    uint32_t end;
  };
  std::vector<Span> spans;
  std::vector<double> scores;
  double no_answer = 1;  // the smallest that a window gives the first token, which stands for "there is none"
};

// Adds a window's spans of at most max_answer_len tokens. start, end: float32 [tokens]. Scores are the product of the
// probabilities of both ends, over the context's tokens and the first one. Source: transformers' pipeline.
Status CollectSpans(std::span<const float> start, std::span<const float> end, const tokenizer::Encoding& window,
                    const TaskOptions& options, SpanScores& found);

// The best `top_k`; offsets in bytes.
std::vector<Answer> BestSpans(SpanScores& found, std::string_view context, const TaskOptions& options);

}  // namespace onedge::tasks

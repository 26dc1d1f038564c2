// Labels with scores, best first: what every classification task answers with.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "tensor/value.h"

namespace onedge::tasks {

struct LabelScore {
  std::string label;
  float score;
};

// How logits become scores: kSoftmax sums to 1 over the labels, kSigmoid is for each label alone (multi-label), kNone
// leaves them.
enum class ScoreFunction { kSoftmax, kSigmoid, kNone };
Result<ScoreFunction> ParseScoreFunction(std::string_view name);

// logits: float32 [labels]; the `top_k` best (0: all), ties in the order of the labels. Computed in double, so that
// every host rounds to the same float32.
Result<std::vector<LabelScore>> Rank(std::span<const float> logits, std::span<const std::string> labels,
                                     ScoreFunction function, size_t top_k);

// The one row of logits of a batch of one: `output` must be float32 [labels] or [1, labels] with as many labels as
// there are names.
Result<std::span<const float>> LogitsOf(const Value& output, std::string_view name, size_t labels);

}  // namespace onedge::tasks

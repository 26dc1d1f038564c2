// Scores from logits, and the best of them. Computed in double, so that every host rounds to the same float32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tasks/settings.h"

namespace onedge::tasks {

enum class ScoreFunction : uint8_t { kDefault, kSoftmax, kSigmoid, kNone };
// Adds `function`, and its alias `function_to_apply`.
void AddScoreFunction(std::vector<Setting>& settings, ScoreFunction* function);

// Sum to 1.
std::vector<double> Softmax(std::span<const float> logits);
// Each is between 0 and 1, independent of the others.
std::vector<double> Sigmoid(std::span<const float> logits);

// The indices of the `top_k` best scores (0: all), best first; equal scores keep their order.
std::vector<uint32_t> TopK(std::span<const double> scores, uint64_t top_k);

// kInvalidArgument unless the model returned the expected number of scores for `what`: "a text", "an image".
Status CheckCount(size_t scores, size_t expected, const char* what);
// kInvalidArgument if a number is NaN or infinity, as models with broken weights give. Minus infinity is a logit that
// is excluded.
Status CheckNumbers(std::span<const float> numbers);

}  // namespace onedge::tasks

// Logits as scores, and the best of them. In double, so that every host rounds to the same float32.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "tasks/settings.h"

namespace onedge::tasks {

enum class ScoreFunction : uint8_t { kDefault, kSoftmax, kSigmoid, kNone };
// `function`, and `function_to_apply` for the same.
void AddScoreFunction(std::vector<Setting>& settings, ScoreFunction* function);

// Sum to 1.
std::vector<double> Softmax(std::span<const float> logits);
// Each between 0 and 1, for itself.
std::vector<double> Sigmoid(std::span<const float> logits);

// Indices of the `top_k` best scores (0: all), best first, equal ones in their order.
std::vector<uint32_t> TopK(std::span<const double> scores, uint64_t top_k);

// kInvalidArgument unless the model gave as many scores as were expected for `what`: "a text", "an image".
Status CheckCount(size_t scores, size_t expected, const char* what);
// kInvalidArgument when a number is NaN or infinity: what a model with broken weights gives. Minus infinity is a logit
// that is ruled out.
Status CheckNumbers(std::span<const float> numbers);

}  // namespace onedge::tasks

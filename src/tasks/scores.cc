#include "tasks/scores.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace onedge::tasks {

void AddScoreFunction(std::vector<Setting>& settings, ScoreFunction* function) {
  static constexpr std::string_view kFunctions[] = {"default", "softmax", "sigmoid", "none"};
  for (const char* name : {"function", "function_to_apply"}) settings.push_back({name, ChoiceOf(kFunctions, function)});
}

std::vector<double> Softmax(std::span<const float> logits) {
  std::vector<double> scores(logits.begin(), logits.end());
  if (scores.empty()) return scores;
  const double largest = *std::max_element(scores.begin(), scores.end());
  if (std::isinf(largest)) return std::vector<double>(scores.size());  // all are excluded
  double sum = 0;
  for (double& score : scores) sum += score = std::exp(score - largest);
  for (double& score : scores) score /= sum;
  return scores;
}

std::vector<double> Sigmoid(std::span<const float> logits) {
  std::vector<double> scores(logits.begin(), logits.end());
  for (double& score : scores) score = 1 / (1 + std::exp(-score));
  return scores;
}

std::vector<uint32_t> TopK(std::span<const double> scores, uint64_t top_k) {
  std::vector<uint32_t> order(scores.size());
  std::iota(order.begin(), order.end(), 0u);
  const size_t kept = top_k == 0 ? order.size() : static_cast<size_t>(std::min<uint64_t>(top_k, order.size()));
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(kept), order.end(),
                    [&](uint32_t a, uint32_t b) { return scores[a] != scores[b] ? scores[a] > scores[b] : a < b; });
  order.resize(kept);
  return order;
}

Status CheckCount(size_t scores, size_t expected, const char* what) {
  if (scores == expected) return OkStatus();
  return InvalidArgument("the model gives ", scores, " scores for ", what, "; expected ", expected);
}

Status CheckNumbers(std::span<const float> numbers) {
  for (float number : numbers) {
    if (number != number || number == INFINITY) {
      return InvalidArgument("the model's output holds ", number != number ? "NaN" : "infinity",
                             ": its weights or its quantization are broken");
    }
  }
  return OkStatus();
}

}  // namespace onedge::tasks

#include "tasks/ranking.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace onedge::tasks {

Result<ScoreFunction> ParseScoreFunction(std::string_view name) {
  if (name == "softmax") return ScoreFunction::kSoftmax;
  if (name == "sigmoid") return ScoreFunction::kSigmoid;
  if (name == "none") return ScoreFunction::kNone;
  return InvalidArgument("postprocessing function: expected softmax, sigmoid or none, got '", name, "'");
}

Result<std::vector<LabelScore>> Rank(std::span<const float> logits, std::span<const std::string> labels,
                                     ScoreFunction function, size_t top_k) {
  if (logits.size() != labels.size()) {
    return InvalidArgument("the model gives ", logits.size(), " scores, but there are ", labels.size(), " labels");
  }
  std::vector<double> scores(logits.begin(), logits.end());
  if (function == ScoreFunction::kSoftmax && !scores.empty()) {
    const double largest = *std::max_element(scores.begin(), scores.end());
    for (double& score : scores) score = std::exp(score - largest);
    const double sum = std::accumulate(scores.begin(), scores.end(), 0.0);
    for (double& score : scores) score /= sum;
  } else if (function == ScoreFunction::kSigmoid) {
    for (double& score : scores) score = 1 / (1 + std::exp(-score));
  }
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] > scores[b]; });
  if (top_k > 0 && top_k < order.size()) order.resize(top_k);
  std::vector<LabelScore> ranked;
  for (size_t i : order) ranked.push_back({labels[i], static_cast<float>(scores[i])});
  return ranked;
}

Result<std::span<const float>> LogitsOf(const Value& output, std::string_view name, size_t labels) {
  const bool row = output.is_tensor() && output.tensor().dtype() == DType::kFloat32 && output.tensor().rank() >= 1 &&
                   output.tensor().rank() <= 2 && output.tensor().element_count() == static_cast<int64_t>(labels);
  if (!row) {
    return InvalidArgument("output '", name, "': expected float32 [1, ", labels, "] for ", labels, " labels, got ",
                           output.ToString());
  }
  return output.tensor().values<float>();
}

}  // namespace onedge::tasks

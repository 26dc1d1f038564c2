// Pooler: pools a text's token vectors into one vector, or keeps all of them.
#pragma once

#include "tasks/outputs.h"
#include "tasks/settings.h"

namespace onedge::tasks {

// float32 [rows, dim], row after row.
struct PooledVectors {
  std::vector<float> values;
  size_t rows = 1;
};

class Pooler {
 public:
  void AddSettings(std::vector<Setting>& settings);
  // True for one vector for a text, false for one for each token.
  bool pools() const { return pooling_ != Pooling::kNone; }

  // The model's hidden states are float32 [tokens, dim], whose first `tokens` rows are the text's and the others
  // padding; or [1, dim], pooled by the model. Each vector is cut to its first `dimensions`, then scaled to length 1 if
  // `normalize`.
  Status Pool(const ModelOutputs& outputs, size_t tokens, bool normalize, PooledVectors& out) const;

 private:
  enum class Pooling : uint8_t { kNone, kMean, kCls, kLastToken, kMax };
  static constexpr std::string_view kPoolings[] = {"none", "mean", "cls", "last_token", "max"};

  Pooling pooling_ = Pooling::kMean;
  uint64_t dimensions_ = 0;  // 0: all
  std::string output_;
};

// The cosine of the angle between vectors of length 1.
double DotProduct(std::span<const float> a, std::span<const float> b);

}  // namespace onedge::tasks

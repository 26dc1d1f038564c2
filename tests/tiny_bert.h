// TinyBert: a BERT encoder with seeded random weights, small enough for frequent runs: embeddings, and layers of
// attention and GELU between LayerNormalizations.
#pragma once

#include <cmath>
#include <random>

#include "tests/graph_builder.h"

namespace onedge::testing {

class TinyBert {
 public:
  static constexpr int kWidth = 32, kHeads = 2, kLayers = 2;

  // input_ids, attention_mask: i64 [batch, tokens] -> last_hidden_state: f32 [batch, tokens, kWidth]
  static graph::Graph Build(int vocabulary) {
    TinyBert bert;
    GraphBuilder& b = bert.builder_;
    const graph::ValueId ids = b.Input("input_ids", DType::kInt64, {"batch", "tokens"});
    const graph::ValueId mask = b.Input("attention_mask", DType::kInt64, {"batch", "tokens"});
    const graph::ValueId visible =
        b.Node("Cast", {b.Node("Unsqueeze", {mask, b.Ints({2}, {1, 2})})}, {{"to", int64_t{1}}});
    bert.bias_ = b.Node("Mul", {b.Node("Sub", {b.Floats({}, {1}), visible}), b.Floats({}, {-10000})});
    graph::ValueId x = b.Node("Gather", {bert.Random({vocabulary, kWidth}), ids});
    for (int layer = 0; layer < kLayers; ++layer) {
      x = bert.Norm(b.Node("Add", {x, bert.Attention(bert.Norm(x))}));
      const graph::ValueId inner = bert.Gelu(bert.Linear(x, kWidth, 4 * kWidth));
      x = b.Node("Add", {x, bert.Linear(inner, 4 * kWidth, kWidth)});
    }
    b.Output(bert.Norm(x), "last_hidden_state");
    return b.Build();
  }

 private:
  graph::ValueId Random(const Shape& shape) {
    std::normal_distribution<float> normal(0, 0.3f);
    std::vector<float> values(static_cast<size_t>(shape.element_count()));
    for (float& value : values) value = normal(random_);
    return builder_.Floats(shape, std::move(values));
  }
  graph::ValueId Linear(graph::ValueId x, int from, int to) {
    return builder_.Node("Add", {builder_.Node("MatMul", {x, Random({from, to})}), Random({to})});
  }
  graph::ValueId Norm(graph::ValueId x) {
    return builder_.Node("LayerNormalization", {x, Random({kWidth}), Random({kWidth})});
  }
  // x * 0.5 * (1 + erf(x / sqrt 2)), as exporters spell it
  graph::ValueId Gelu(graph::ValueId x) {
    const graph::ValueId erf =
        builder_.Node("Erf", {builder_.Node("Div", {x, builder_.Floats({}, {std::sqrt(2.0f)})})});
    const graph::ValueId sum = builder_.Node("Add", {erf, builder_.Floats({}, {1})});
    return builder_.Node("Mul", {builder_.Node("Mul", {x, sum}), builder_.Floats({}, {0.5f})});
  }
  graph::ValueId Heads(graph::ValueId x) {
    const graph::ValueId heads =
        builder_.Node("Reshape", {Linear(x, kWidth, kWidth), builder_.Ints({4}, {0, 0, kHeads, kWidth / kHeads})});
    return builder_.Node("Transpose", {heads}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
  }
  graph::ValueId Attention(graph::ValueId x) {
    const graph::ValueId q = Heads(x), v = Heads(x);
    const graph::ValueId k = builder_.Node("Transpose", {Heads(x)}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
    const graph::ValueId scale = builder_.Floats({}, {std::sqrt(static_cast<float>(kWidth / kHeads))});
    const graph::ValueId scores = builder_.Node("Div", {builder_.Node("MatMul", {q, k}), scale});
    const graph::ValueId p = builder_.Node("Softmax", {builder_.Node("Add", {scores, bias_})});
    const graph::ValueId mixed =
        builder_.Node("Transpose", {builder_.Node("MatMul", {p, v})}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
    return Linear(builder_.Node("Reshape", {mixed, builder_.Ints({3}, {0, 0, kWidth})}), kWidth, kWidth);
  }

  GraphBuilder builder_;
  std::mt19937 random_{20260729};
  graph::ValueId bias_ = graph::kNoValue;
};

}  // namespace onedge::testing

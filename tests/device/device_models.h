// Models for the tests of the device, and their inputs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/session.h"

namespace onedge::testing {

constexpr int kBertHidden = 32;

// An encoder in the form of exporters: embeddings, mask arithmetic, attention with shapes from activations, GELU by
// Erf.
// (input_ids, token_type_ids, attention_mask: int64 [batch, seq]) -> hidden_states: f32 [batch, seq, kBertHidden]
graph::Graph Bert(int layers);
std::vector<runtime::NamedValue> BertInputs(int batch, int length, int first_id = 1);

// models/digits: pixels -> logits.
graph::Graph Digits();
std::vector<runtime::NamedValue> DigitsInputs(int batch);

// y = relu(if mean(x w1) > 0 then x w1 + w2 else x w1 * w2)
graph::Graph WithIf();
// y = tanh(x, `turns` times replaced by x w + 1)
graph::Graph WithLoop(int turns);
// y = (x + 1)[nonzero of x] * 2
graph::Graph WithNonZero();
// zeros of the shape of exp(x): only the shape is of use.
graph::Graph OnlyTheShape();

struct Loaded {
  graph::Graph graph;
  std::vector<std::string> names;
  std::vector<Value> values;
};
// A model of shared/data/models with its test data; nullopt if it is missing.
std::optional<Loaded> LoadShared(const std::string& name);

// from, 2 from, 3 from, ...
Tensor Ramp(const Shape& shape, float from);
// The number of regions, also in subgraphs, but not inside regions.
size_t CountRegions(const graph::Graph& graph);
std::string DescribeNodes(const graph::Graph& graph);

bool SameBits(const Value& a, const Value& b);
void ExpectSameBits(const Value& got, const Value& want);

}  // namespace onedge::testing

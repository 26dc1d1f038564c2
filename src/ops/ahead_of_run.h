// AheadOfRun: the facts about a graph's values for known input shapes, before it runs: types, and elements that follow
// from shapes and constants. For the planner, and for backends that plan the body of a region.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "ops/eager.h"
#include "ops/infer_types.h"

namespace onedge::ops {

class AheadOfRun {
 public:
  explicit AheadOfRun(const graph::Graph& graph, const EagerOptions& options = {}) : known_(graph), options_(options) {}

  // Before the first node, set the types of the graph's inputs and captures here, and the elements of the known ones.
  KnownValues& known() { return known_; }
  const KnownValues& known() const { return known_; }

  // The types of the node's outputs. REQUIRES: nodes come in order.
  Status Infer(const graph::Node& node) { return InferNode(node, known_); }
  // After Infer: computes the node's outputs if they follow from shapes or constants and have at most `max_elements`
  // each. True: they are in `known`, and the run may skip the node.
  Result<bool> Compute(const graph::Node& node, int64_t max_elements);

  struct Computed {
    graph::ValueId id;
    Tensor tensor;
  };
  const std::vector<std::unique_ptr<const Computed>>& computed() const { return computed_; }

 private:
  Result<bool> FromShapeValue(const graph::Node& node);
  Result<bool> FromConstants(const graph::Node& node, int64_t max_elements);
  void Set(graph::ValueId id, Tensor tensor);

  KnownValues known_;
  const EagerOptions options_;
  std::vector<std::unique_ptr<const Computed>> computed_;
};

// By node of `graph`: true for shape arithmetic: vectors and scalars that follow from the shapes of other values and
// from constants (Shape, Gather of it, Concat of these, ...).
std::vector<bool> FindShapeArithmetic(const graph::Graph& graph);

}  // namespace onedge::ops

// Rewriter: what a pass needs to find a pattern and to put a node in its place. Lives for one run of one pass.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/shape_context.h"

namespace onedge::optimizer {

class Rewriter {
 public:
  explicit Rewriter(graph::Graph& graph);

  size_t node_count() const { return graph_.nodes.size(); }
  const graph::Node& node(size_t index) const { return graph_.nodes[index]; }
  const graph::TypeInfo& type(graph::ValueId id) const { return graph_.values[static_cast<size_t>(id)].type; }
  const Tensor* constant(graph::ValueId id) const { return graph_.FindConstant(id); }

  // The node that makes `id`, when it is an `op_type` of ai.onnx (or of `domain`); null otherwise.
  const graph::Node* Producer(graph::ValueId id, std::string_view op_type, std::string_view domain = "") const;
  // The index of the one node that reads `id`, when it is read once and is no graph output.
  std::optional<size_t> OnlyReader(graph::ValueId id) const;
  // The same, when that node is an `op_type` of ai.onnx; null otherwise.
  std::optional<size_t> OnlyReader(graph::ValueId id, std::string_view op_type) const;

  // For a node with two inputs: the other one than `id`.
  graph::ValueId OtherInput(const graph::Node& node, graph::ValueId id) const;
  // For a commutative node with two inputs, one of them constant: that one and the other.
  struct WithConstant {
    graph::ValueId variable;
    graph::ValueId constant_id;
    const Tensor* constant;
  };
  std::optional<WithConstant> SplitConstant(const graph::Node& node) const;
  // True when `id` is a constant f32/f64/f16 scalar (any rank, one element) within 1e-4 relative of `expected`.
  bool IsScalar(graph::ValueId id, double expected) const;
  std::optional<double> Scalar(graph::ValueId id) const;

  // A new node. `opset`: of its domain.
  struct NewNode {
    std::string_view op_type;
    std::vector<graph::ValueId> inputs;
    std::vector<graph::Attribute> attributes = {};
    std::string_view domain = "";
    int64_t opset = 1;
  };
  // Adds a node with one new output, whose type is inferred, and returns that output. If nothing comes to read it,
  // Finish drops it. Invalidates references to nodes.
  Result<graph::ValueId> Add(NewNode added);
  graph::ValueId AddConstant(Tensor tensor);
  // Lets a new node make `outputs` (kNoValue: left out) in place of the nodes that make them now. False, and nothing is
  // done, unless inference proves that every output keeps its dtype and its shape in every run.
  Result<bool> Replace(std::span<const graph::ValueId> outputs, NewNode added);
  // As above, for all outputs of node `index`.
  Result<bool> Replace(size_t index, NewNode added);
  // Makes every reader of `from` read `to` instead.
  void Redirect(graph::ValueId from, graph::ValueId to);
  graph::Graph& graph() { return graph_; }
  // Drops what nothing reads any more and puts the nodes in order. True when something was replaced.
  Result<bool> Finish();

 private:
  Result<graph::Node> Resolve(NewNode& added) const;
  // The types of the node's outputs; empty where its inputs contradict the operator.
  std::vector<ops::ShapeContext::Output> Infer(const graph::Node& node) const;
  void Insert(size_t index, graph::Node node);
  void Forget(size_t reader);

  graph::Graph& graph_;
  std::vector<size_t> producer_;  // by ValueId
  graph::Consumers consumers_;
  bool changed_ = false;
  bool added_ = false;
};

}  // namespace onedge::optimizer

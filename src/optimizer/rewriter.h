// Rewriter: finds patterns and replaces them by nodes. Used for one run of one pass.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"
#include "ops/shape_context.h"
#include "optimizer/pass.h"
#include "optimizer/pattern.h"

namespace onedge::optimizer {

class Rewriter {
 public:
  Rewriter(graph::Graph& graph, const PassContext& ctx);

  size_t node_count() const { return graph_.nodes.size(); }
  const graph::Node& node(size_t index) const { return graph_.nodes[index]; }
  const graph::TypeInfo& type(graph::ValueId id) const { return graph_.values[static_cast<size_t>(id)].type; }
  const Tensor* constant(graph::ValueId id) const { return graph_.FindConstant(id); }
  // Indices of the nodes that read `id`, one for each input that reads it.
  const std::vector<size_t>& readers(graph::ValueId id) const {
    return index_.consumers.nodes[static_cast<size_t>(id)];
  }
  bool is_output(graph::ValueId id) const { return index_.consumers.is_output[static_cast<size_t>(id)]; }
  // "value 'x'", for messages.
  std::string Describe(graph::ValueId id) const { return graph_.Describe(id); }

  // The node that makes `id`; null for an input, a constant and kNoValue.
  const graph::Node* Maker(graph::ValueId id) const;
  // The same if it is an `op_type` of ai.onnx (or of `domain`); otherwise null.
  const graph::Node* Producer(graph::ValueId id, std::string_view op_type, std::string_view domain = "") const;
  // REQUIRES: Maker(id).
  size_t MakerIndex(graph::ValueId id) const { return index_.producer[static_cast<size_t>(id)]; }

  // The value of a constant of one element, of any float dtype and rank.
  std::optional<double> Scalar(graph::ValueId id) const;
  // True if that is `expected`, within the precision of its dtype.
  bool IsScalar(graph::ValueId id, double expected) const;

  // The match of `pattern` at node `index`. --why shows a miss with at least `likely` matched operators.
  std::optional<Match> Find(const Pattern& pattern, size_t index, int likely = 2);
  // True if both are tensors of one dtype and, in every run, of one shape.
  bool SameType(graph::ValueId a, graph::ValueId b) const;
  // Records why node `index` was not replaced. Each node keeps one reason: this one, or else the reason of the pattern
  // that matched most operators; none if the node is replaced later.
  void Miss(size_t index, std::string reason);
  // The elements of an integer vector or scalar as dims, as far as inference tells them before a run.
  std::optional<graph::Dims> ShapeValue(graph::ValueId id) const;

  // A new node. `opset`: of its domain.
  struct NewNode {
    std::string_view op_type;
    std::vector<graph::ValueId> inputs;
    std::vector<graph::Attribute> attributes = {};
    std::string_view domain = "";
    int64_t opset = 1;
    // A value with the shape of output 0, before and after, in every run that succeeds: by the operators' definitions,
    // or because the pass proved it. For dimensions and ranks that inference cannot determine.
    graph::ValueId shape_of = graph::kNoValue;
  };
  // Adds a node with one new output, whose type is inferred, and returns that output. Finish drops the node if nothing
  // reads it. Invalidates references to nodes.
  Result<graph::ValueId> Add(NewNode added);
  graph::ValueId AddConstant(Tensor tensor);
  // A new node makes `outputs` (kNoValue: omitted) instead of the nodes that make them now. False, and no change,
  // unless inference proves that every output keeps its dtype and its shape in every run; that is recorded as a miss.
  Result<bool> Replace(std::span<const graph::ValueId> outputs, NewNode added);
  // The same for all outputs of node `index`.
  Result<bool> Replace(size_t index, NewNode added);
  // True if Replace(index, added) would succeed; otherwise a miss. For nodes with constants that take work to compute:
  // any constants of the same types will do here.
  Result<bool> CanReplace(size_t index, NewNode added);
  // Makes every reader of `from` read `to` instead.
  void Redirect(graph::ValueId from, graph::ValueId to);

  graph::Graph& graph() { return graph_; }
  // Drops unread nodes, puts the others in order and hands over the misses. Returns true if something was replaced.
  Result<bool> Finish();

 private:
  // `outputs`: an operator may need their number.
  Result<graph::Node> Resolve(NewNode& added, std::span<const graph::ValueId> outputs) const;
  // The types of the node's outputs; empty if its inputs contradict the operator. `depth`: how many nodes before
  // this one are asked for the elements of shapes.
  std::vector<ops::ShapeContext::Output> Infer(const graph::Node& node, int depth = 0) const;
  std::optional<graph::Dims> ShapeValue(graph::ValueId id, int depth) const;
  // A node that may replace those which make `outputs` now; nullopt: a miss.
  Result<std::optional<graph::Node>> Prove(std::span<const graph::ValueId> outputs, NewNode added);
  void Note(size_t index, std::string reason, int furthest);
  void Insert(size_t index, graph::Node node);
  void Forget(size_t reader);
  graph::ValueId AddValue(graph::TypeInfo type);

  graph::Graph& graph_;
  const PassContext& ctx_;
  GraphIndex index_;
  // Why nodes were not replaced, by index. `output`: the first of the node; no node makes it once the node is gone.
  struct Noted {
    graph::ValueId output;
    int furthest;
    optimizer::Miss miss;
  };
  std::map<size_t, Noted> noted_;
  bool changed_ = false;
  bool added_ = false;
};

}  // namespace onedge::optimizer

#include "ops/ahead_of_run.h"

#include <algorithm>

namespace onedge::ops {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t IndexOf(ValueId id) { return static_cast<size_t>(id); }

// The shape of a tensor whose type is known completely.
std::optional<Shape> CompleteShape(const TypeInfo& type) {
  if (!type.is_tensor() || !type.dims || type.dtype == DType::kUndefined || type.dtype == DType::kString) {
    return std::nullopt;
  }
  return graph::ShapeOf(*type.dims);
}

}  // namespace

Result<bool> AheadOfRun::Compute(const graph::Node& node, int64_t max_elements) {
  ONEDGE_ASSIGN_OR_RETURN(const bool done, FromShapeValue(node));
  if (done) return true;
  return FromConstants(node, max_elements);
}

void AheadOfRun::Set(ValueId id, Tensor tensor) {
  known_.types[IndexOf(id)] = TypeInfo::Tensor(tensor.dtype(), tensor.shape());
  computed_.push_back(std::make_unique<const Computed>(Computed{id, std::move(tensor)}));
  known_.constants[IndexOf(id)] = &computed_.back()->tensor;
}

// Shape, Size and similar operators: inference knows the elements.
Result<bool> AheadOfRun::FromShapeValue(const graph::Node& node) {
  if (node.outputs.size() != 1 || node.outputs[0] == kNoValue) return false;
  const auto& elements = known_.shape_values[IndexOf(node.outputs[0])];
  const TypeInfo& type = known_.types[IndexOf(node.outputs[0])];
  const auto shape = CompleteShape(type);
  const auto values = elements ? graph::ShapeOf(*elements) : std::nullopt;
  if (!shape || !values || type.dtype != DType::kInt64) return false;
  if (shape->element_count() != static_cast<int64_t>(values->size())) return false;
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::FromValues<int64_t>(*shape, *values, options_.budget));
  Set(node.outputs[0], std::move(tensor));
  return true;
}

Result<bool> AheadOfRun::FromConstants(const graph::Node& node, int64_t max_elements) {
  if (!node.op->deterministic() || !node.Subgraphs().empty()) return false;
  for (ValueId id : node.inputs) {
    if (id != kNoValue && !known_.constants[IndexOf(id)]) return false;
  }
  for (ValueId id : node.outputs) {
    if (id == kNoValue) continue;
    const auto shape = CompleteShape(known_.types[IndexOf(id)]);
    if (!shape || shape->element_count() > max_elements) return false;
  }
  std::vector<Value> inputs;
  for (ValueId id : node.inputs) inputs.push_back(id == kNoValue ? Value() : Value(*known_.constants[IndexOf(id)]));
  Result<std::vector<Value>> outputs = RunEagerly(*node.op, inputs, node.outputs.size(), options_);
  if (!outputs.ok()) return std::move(outputs).status().WithNode(node.name, node.op_type);
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) Set(node.outputs[i], std::move((*outputs)[i].tensor()));
  }
  return true;
}

std::vector<bool> FindShapeArithmetic(const graph::Graph& graph) {
  std::vector<bool> found(graph.nodes.size());
  std::vector<bool> follows(graph.values.size());  // values that come from shape arithmetic
  const auto is_small = [&](ValueId id) {
    if (id == kNoValue) return true;
    const TypeInfo& type = graph.values[IndexOf(id)].type;
    return type.is_tensor() && type.dims && type.dims->size() <= 1;
  };
  // Inference does not tell their shapes, even of constants.
  const auto counts = [](const graph::Node& node) {
    return node.op_type == "NonZero" || node.op_type == "Compress" || node.op_type == "Unique";
  };
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    const graph::Node& node = graph.nodes[i];
    if (!node.op->deterministic() || !node.Subgraphs().empty() || counts(node)) continue;
    if (!std::all_of(node.outputs.begin(), node.outputs.end(), is_small)) continue;
    bool from_shapes = node.domain.empty() && (node.op_type == "Shape" || node.op_type == "Size");
    if (!from_shapes) {
      bool all = true;
      for (ValueId id : node.inputs) {
        if (id == kNoValue) continue;
        from_shapes = from_shapes || follows[IndexOf(id)];
        all = all && (follows[IndexOf(id)] || graph.FindConstant(id));
      }
      from_shapes = from_shapes && all;
    }
    found[i] = from_shapes;
    for (ValueId id : node.outputs) {
      if (id != kNoValue) follows[IndexOf(id)] = from_shapes;
    }
  }
  return found;
}

}  // namespace onedge::ops

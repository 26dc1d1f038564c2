#include "optimizer/rewriter.h"

#include <algorithm>
#include <cmath>

#include "ops/infer_types.h"
#include "ops/registry.h"
#include "tensor/half.h"

namespace onedge::optimizer {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

namespace {

constexpr size_t kNobody = static_cast<size_t>(-1);
size_t Index(ValueId id) { return static_cast<size_t>(id); }

// True when both are tensors of one dtype and their dimensions are certainly equal.
bool CertainlySame(const graph::TypeInfo& a, const graph::TypeInfo& b) {
  return a.is_tensor() && b.is_tensor() && a.dtype == b.dtype && a.dims && b.dims &&
         std::equal(a.dims->begin(), a.dims->end(), b.dims->begin(), b.dims->end(),
                    [](const graph::Dim& x, const graph::Dim& y) { return x.Same(y); });
}

}  // namespace

Rewriter::Rewriter(graph::Graph& graph) : graph_(graph), producer_(graph.values.size(), kNobody), consumers_(graph) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : graph.nodes[i].outputs) {
      if (id != kNoValue) producer_[Index(id)] = i;
    }
  }
}

const Node* Rewriter::Producer(ValueId id, std::string_view op_type, std::string_view domain) const {
  if (id == kNoValue || producer_[Index(id)] == kNobody) return nullptr;
  const Node& node = graph_.nodes[producer_[Index(id)]];
  // A node that was replaced in this pass may not make this value any more.
  const bool makes = std::find(node.outputs.begin(), node.outputs.end(), id) != node.outputs.end();
  return makes && node.op_type == op_type && node.domain == domain ? &node : nullptr;
}

std::optional<size_t> Rewriter::OnlyReader(ValueId id) const {
  if (consumers_.is_output[Index(id)] || consumers_.nodes[Index(id)].size() != 1) return std::nullopt;
  return consumers_.nodes[Index(id)][0];
}

std::optional<size_t> Rewriter::OnlyReader(ValueId id, std::string_view op_type) const {
  const auto reader = OnlyReader(id);
  if (!reader || graph_.nodes[*reader].op_type != op_type || !graph_.nodes[*reader].domain.empty()) return std::nullopt;
  return reader;
}

ValueId Rewriter::OtherInput(const Node& node, ValueId id) const {
  if (node.inputs.size() != 2) return kNoValue;
  return node.inputs[0] == id ? node.inputs[1] : node.inputs[0];
}

std::optional<Rewriter::WithConstant> Rewriter::SplitConstant(const Node& node) const {
  if (node.inputs.size() != 2 || node.inputs[0] == kNoValue || node.inputs[1] == kNoValue) return std::nullopt;
  const Tensor* first = constant(node.inputs[0]);
  const Tensor* second = constant(node.inputs[1]);
  if (second && !first) return WithConstant{node.inputs[0], node.inputs[1], second};
  if (first && !second) return WithConstant{node.inputs[1], node.inputs[0], first};
  return std::nullopt;
}

std::optional<double> Rewriter::Scalar(ValueId id) const {
  const Tensor* tensor = id == kNoValue ? nullptr : constant(id);
  if (!tensor || tensor->element_count() != 1) return std::nullopt;
  switch (tensor->dtype()) {
    case DType::kFloat32:
      return *tensor->data<float>();
    case DType::kFloat64:
      return *tensor->data<double>();
    case DType::kFloat16:
      return ToFloat(*tensor->data<Float16>());
    default:
      return std::nullopt;
  }
}

bool Rewriter::IsScalar(ValueId id, double expected) const {
  const auto value = Scalar(id);
  return value && std::abs(*value - expected) <= 1e-4 * std::abs(expected);
}

Result<Node> Rewriter::Resolve(NewNode& added) const {
  Node node;
  node.domain = added.domain;
  node.op_type = added.op_type;
  node.opset = added.opset;
  node.inputs = std::move(added.inputs);
  node.attributes = std::move(added.attributes);
  ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(node));
  return node;
}

std::vector<ops::ShapeContext::Output> Rewriter::Infer(const Node& node) const {
  std::vector<ops::ShapeContext::Input> inputs(node.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (node.inputs[i] != kNoValue) inputs[i] = {&type(node.inputs[i]), constant(node.inputs[i]), nullptr};
  }
  std::vector<ops::ShapeContext::Output> outputs(node.outputs.size());
  ops::ShapeContext ctx(inputs, outputs);
  if (!node.op->InferShapes(ctx).ok()) outputs.clear();
  return outputs;
}

void Rewriter::Forget(size_t reader) {
  for (ValueId id : graph::ReadsOf(graph_.nodes[reader])) std::erase(consumers_.nodes[Index(id)], reader);
}

void Rewriter::Insert(size_t index, Node node) {
  for (ValueId id : node.outputs) {
    if (id != kNoValue) producer_[Index(id)] = index;
  }
  for (ValueId id : graph::ReadsOf(node)) consumers_.nodes[Index(id)].push_back(index);
  graph_.nodes[index] = std::move(node);
}

ValueId Rewriter::AddConstant(Tensor tensor) {
  const ValueId id = graph_.AddValue("", graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape()));
  graph_.constants[id] = std::move(tensor);
  producer_.push_back(kNobody);
  consumers_.nodes.emplace_back();
  consumers_.is_output.push_back(false);
  added_ = true;
  return id;
}

Result<ValueId> Rewriter::Add(NewNode added) {
  ONEDGE_ASSIGN_OR_RETURN(Node node, Resolve(added));
  const ValueId id = graph_.AddValue("");
  producer_.push_back(kNobody);
  consumers_.nodes.emplace_back();
  consumers_.is_output.push_back(false);
  node.outputs = {id};
  node.name = StrCat(node.op_type, "_", id);
  if (auto outputs = Infer(node); !outputs.empty()) graph_.values[Index(id)].type = std::move(outputs[0].type);
  graph_.nodes.emplace_back();
  Insert(graph_.nodes.size() - 1, std::move(node));
  added_ = true;
  return id;
}

Result<bool> Rewriter::Replace(std::span<const ValueId> outputs, NewNode added) {
  ONEDGE_ASSIGN_OR_RETURN(Node node, Resolve(added));
  node.outputs.assign(outputs.begin(), outputs.end());
  const size_t index = producer_[Index(outputs[0])];
  node.name = graph_.nodes[index].name;
  const auto inferred = Infer(node);
  if (inferred.empty()) return false;  // an error that the graph as it was might not give
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] != kNoValue && !CertainlySame(inferred[i].type, type(outputs[i]))) return false;
  }
  for (ValueId id : outputs) {
    if (id == kNoValue) continue;
    const size_t maker = producer_[Index(id)];
    std::vector<ValueId>& made = graph_.nodes[maker].outputs;
    std::replace(made.begin(), made.end(), id, kNoValue);
    if (std::all_of(made.begin(), made.end(), [](ValueId other) { return other == kNoValue; })) Forget(maker);
  }
  Insert(index, std::move(node));
  changed_ = true;
  return true;
}

Result<bool> Rewriter::Replace(size_t index, NewNode added) {
  const std::vector<ValueId> outputs = graph_.nodes[index].outputs;
  return Replace(outputs, std::move(added));
}

void Rewriter::Redirect(ValueId from, ValueId to) {
  for (size_t reader : consumers_.nodes[Index(from)]) {
    Node& node = graph_.nodes[reader];
    std::replace(node.inputs.begin(), node.inputs.end(), from, to);
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* subgraph = std::get_if<std::shared_ptr<graph::Graph>>(&attribute.value)) {
        for (graph::Capture& capture : (*subgraph)->captures) {
          if (capture.outer == from) capture.outer = to;
        }
      }
    }
  }
  auto& readers = consumers_.nodes[Index(to)];
  readers.insert(readers.end(), consumers_.nodes[Index(from)].begin(), consumers_.nodes[Index(from)].end());
  consumers_.nodes[Index(from)].clear();
  changed_ = true;
}

Result<bool> Rewriter::Finish() {
  if (changed_ || added_) graph::RemoveDead(graph_);
  if (!changed_) return false;
  ONEDGE_RETURN_IF_ERROR(graph::SortTopologically(graph_));
  return true;
}

}  // namespace onedge::optimizer

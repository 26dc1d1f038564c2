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

Status Rewriter::Replace(size_t index, std::string_view domain, std::string_view op_type, int64_t opset,
                         std::vector<ValueId> inputs, std::vector<graph::Attribute> attributes) {
  Node node;
  node.name = graph_.nodes[index].name;
  node.domain = domain;
  node.op_type = op_type;
  node.opset = opset;
  node.inputs = std::move(inputs);
  node.outputs = graph_.nodes[index].outputs;
  node.attributes = std::move(attributes);
  ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(node));
  graph_.nodes[index] = std::move(node);
  changed_ = true;
  return OkStatus();
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

int64_t Rewriter::OnnxOpset() const {
  for (const Node& node : graph_.nodes) {
    if (node.domain.empty()) return node.opset;
  }
  return 0;
}

Result<bool> Rewriter::Finish() {
  if (!changed_) return false;
  graph::RemoveDead(graph_);
  ONEDGE_RETURN_IF_ERROR(graph::SortTopologically(graph_));
  return true;
}

}  // namespace onedge::optimizer

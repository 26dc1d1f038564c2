#include "optimizer/rewriter.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ops/infer_types.h"
#include "ops/registry.h"
#include "optimizer/matcher.h"
#include "tensor/half.h"

namespace onedge::optimizer {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

namespace {

constexpr size_t kNobody = GraphIndex::kNobody;
constexpr int kWholePattern = 1 << 20;  // further than any pattern
constexpr int kShapeDepth = 8;          // nodes between a shape and where it is used
size_t Index(ValueId id) { return static_cast<size_t>(id); }

// True if both are tensors of one dtype and their dimensions are certainly equal.
bool CertainlySame(const graph::TypeInfo& a, const graph::TypeInfo& b) {
  return a.is_tensor() && b.is_tensor() && a.dtype == b.dtype && a.dims && b.dims &&
         std::equal(a.dims->begin(), a.dims->end(), b.dims->begin(), b.dims->end(),
                    [](const graph::Dim& x, const graph::Dim& y) { return x.Same(y); });
}

// Copies dimensions that `type` lacks from `other`.
void Complete(graph::TypeInfo& type, const graph::TypeInfo& other) {
  if (!type.dims) type.dims = other.dims;
  for (size_t i = 0; type.dims && other.dims && i < std::min(type.dims->size(), other.dims->size()); ++i) {
    graph::Dim& dim = (*type.dims)[i];
    if (!dim.known() && dim.symbol < 0) dim = (*other.dims)[i];
  }
}

}  // namespace

bool Rewriter::SameType(ValueId a, ValueId b) const { return CertainlySame(type(a), type(b)); }

Rewriter::Rewriter(graph::Graph& graph, const PassContext& ctx)
    : graph_(graph),
      ctx_(ctx),
      index_(ctx.index && *ctx.index ? *std::exchange(*ctx.index, std::nullopt) : GraphIndex(graph)) {}

const Node* Rewriter::Maker(ValueId id) const {
  return id == kNoValue || index_.producer[Index(id)] == kNobody ? nullptr : &graph_.nodes[index_.producer[Index(id)]];
}

const Node* Rewriter::Producer(ValueId id, std::string_view op_type, std::string_view domain) const {
  const Node* node = Maker(id);
  return node && node->op_type == op_type && node->domain == domain ? node : nullptr;
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
  if (!value) return false;
  // Exporters write constants with at least four digits, and float64 models contain float32 constants.
  const DType dtype = constant(id)->dtype();
  const double tolerance = dtype == DType::kFloat16 ? 1e-3 : dtype == DType::kFloat64 ? 1e-7 : 1e-4;
  return std::abs(*value - expected) <= tolerance * std::abs(expected);
}

std::optional<Match> Rewriter::Find(const Pattern& pattern, size_t index, int likely) {
  if (graph_.nodes[index].outputs.empty() || graph_.nodes[index].outputs[0] == kNoValue) return std::nullopt;
  Matcher matcher(*this, ctx_.misses != nullptr);
  if (matcher.Run(pattern, index)) return matcher.match();
  if (ctx_.misses && matcher.furthest() >= likely) Note(index, matcher.reason(), matcher.furthest());
  return std::nullopt;
}

void Rewriter::Miss(size_t index, std::string reason) { Note(index, std::move(reason), kWholePattern); }

void Rewriter::Note(size_t index, std::string reason, int furthest) {
  if (!ctx_.misses) return;
  const auto found = noted_.find(index);
  if (found != noted_.end() && found->second.furthest >= furthest) return;
  const Node& node = graph_.nodes[index];
  noted_.insert_or_assign(index,
                          Noted{node.outputs[0], furthest, {ctx_.pass, node.op_type, node.name, std::move(reason)}});
}

Result<Node> Rewriter::Resolve(NewNode& added, std::span<const ValueId> outputs) const {
  Node node;
  node.domain = added.domain;
  node.op_type = added.op_type;
  node.opset = added.opset;
  node.inputs = std::move(added.inputs);
  node.attributes = std::move(added.attributes);
  node.outputs.assign(outputs.begin(), outputs.end());
  ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(node));
  return node;
}

std::optional<graph::Dims> Rewriter::ShapeValue(ValueId id) const { return ShapeValue(id, kShapeDepth); }

std::optional<graph::Dims> Rewriter::ShapeValue(ValueId id, int depth) const {
  const Node* node = Maker(id);
  if (!node || depth == 0 || !node->Subgraphs().empty()) return std::nullopt;
  auto outputs = Infer(*node, depth - 1);
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node->outputs[i] == id) return std::move(outputs[i].shape_value);
  }
  return std::nullopt;
}

std::vector<ops::ShapeContext::Output> Rewriter::Infer(const Node& node, int depth) const {
  std::vector<ops::ShapeContext::Input> inputs(node.inputs.size());
  std::vector<std::optional<graph::Dims>> elements(node.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    elements[i] = ShapeValue(node.inputs[i], depth);
    inputs[i] = {&type(node.inputs[i]), constant(node.inputs[i]), elements[i] ? &*elements[i] : nullptr};
  }
  std::vector<ops::ShapeContext::Output> outputs(node.outputs.size());
  ops::ShapeContext ctx(inputs, outputs);
  if (!node.op->InferShapes(ctx).ok()) outputs.clear();
  return outputs;
}

void Rewriter::Forget(size_t reader) {
  for (ValueId id : graph::ReadsOf(graph_.nodes[reader])) std::erase(index_.consumers.nodes[Index(id)], reader);
}

void Rewriter::Insert(size_t index, Node node) {
  for (ValueId id : node.outputs) {
    if (id != kNoValue) index_.producer[Index(id)] = index;
  }
  for (ValueId id : graph::ReadsOf(node)) index_.consumers.nodes[Index(id)].push_back(index);
  graph_.nodes[index] = std::move(node);
}

ValueId Rewriter::AddValue(graph::TypeInfo type) {
  index_.producer.push_back(kNobody);
  index_.consumers.nodes.emplace_back();
  index_.consumers.is_output.push_back(false);
  added_ = true;
  return graph_.AddValue("", std::move(type));
}

ValueId Rewriter::AddConstant(Tensor tensor) {
  const ValueId id = AddValue(graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape()));
  graph_.constants[id] = std::move(tensor);
  return id;
}

Result<ValueId> Rewriter::Add(NewNode added) {
  const ValueId one[] = {kNoValue};
  ONEDGE_ASSIGN_OR_RETURN(Node node, Resolve(added, one));
  auto outputs = Infer(node);
  const ValueId id = AddValue(outputs.empty() ? graph::TypeInfo() : std::move(outputs[0].type));
  node.outputs = {id};
  node.name = StrCat(node.op_type, "_", id);
  graph_.nodes.emplace_back();
  Insert(graph_.nodes.size() - 1, std::move(node));
  return id;
}

Result<std::optional<Node>> Rewriter::Prove(std::span<const ValueId> outputs, NewNode added) {
  ONEDGE_ASSIGN_OR_RETURN(Node node, Resolve(added, outputs));
  const size_t index = MakerIndex(outputs[0]);
  node.name = graph_.nodes[index].name;
  auto inferred = Infer(node);
  if (added.shape_of != kNoValue && !inferred.empty()) Complete(inferred[0].type, type(added.shape_of));
  if (inferred.empty()) {  // an error that the original graph might not give
    Miss(index, StrCat(node.op_type, " does not accept these shapes"));
    return std::optional<Node>();
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i] == kNoValue || CertainlySame(inferred[i].type, type(outputs[i]))) continue;
    if (i == 0 && added.shape_of != kNoValue && inferred[i].type.dtype == type(outputs[i]).dtype) {
      if (!inferred[i].type.dims && !type(outputs[i]).dims) continue;
      if (CertainlySame(inferred[i].type, type(added.shape_of))) continue;
    }
    if (ctx_.misses) {
      Miss(index, StrCat(node.op_type, ": expected ", type(outputs[i]).ToString(*graph_.symbols), ", got ",
                         inferred[i].type.ToString(*graph_.symbols), ", which may differ"));
    }
    return std::optional<Node>();
  }
  return std::optional<Node>(std::move(node));
}

Result<bool> Rewriter::CanReplace(size_t index, NewNode added) {
  ONEDGE_ASSIGN_OR_RETURN(const auto node, Prove(graph_.nodes[index].outputs, std::move(added)));
  return node.has_value();
}

Result<bool> Rewriter::Replace(std::span<const ValueId> outputs, NewNode added) {
  ONEDGE_ASSIGN_OR_RETURN(auto node, Prove(outputs, std::move(added)));
  if (!node) return false;
  const size_t index = MakerIndex(outputs[0]);
  noted_.erase(index);
  for (ValueId id : outputs) {
    if (id == kNoValue) continue;
    const size_t maker = MakerIndex(id);
    std::vector<ValueId>& made = graph_.nodes[maker].outputs;
    std::replace(made.begin(), made.end(), id, kNoValue);
    if (std::all_of(made.begin(), made.end(), [](ValueId other) { return other == kNoValue; })) Forget(maker);
  }
  Insert(index, std::move(*node));
  changed_ = true;
  return true;
}

Result<bool> Rewriter::Replace(size_t index, NewNode added) {
  const std::vector<ValueId> outputs = graph_.nodes[index].outputs;
  return Replace(outputs, std::move(added));
}

void Rewriter::Redirect(ValueId from, ValueId to) {
  for (size_t reader : index_.consumers.nodes[Index(from)]) {
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
  auto& readers = index_.consumers.nodes[Index(to)];
  readers.insert(readers.end(), index_.consumers.nodes[Index(from)].begin(), index_.consumers.nodes[Index(from)].end());
  index_.consumers.nodes[Index(from)].clear();
  changed_ = true;
}

Result<bool> Rewriter::Finish() {
  if (changed_ || added_) graph::RemoveDead(graph_);
  if (!noted_.empty()) {
    std::vector<bool> made(graph_.values.size());
    for (const Node& node : graph_.nodes) {
      for (ValueId id : node.outputs) {
        if (id != kNoValue) made[Index(id)] = true;
      }
    }
    for (auto& [index, noted] : noted_) {
      if (noted.output == kNoValue || made[Index(noted.output)]) ctx_.misses->push_back(std::move(noted.miss));
    }
    noted_.clear();
  }
  if (!changed_) {
    if (!added_ && ctx_.index) *ctx_.index = std::move(index_);
    return false;
  }
  ONEDGE_RETURN_IF_ERROR(graph::SortTopologically(graph_));
  return true;
}

}  // namespace onedge::optimizer

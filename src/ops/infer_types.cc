#include "ops/infer_types.h"

#include "graph/scope.h"

namespace onedge::ops {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

bool SameDims(const std::optional<Dims>& a, const std::optional<Dims>& b) {
  if (!a || !b || a->size() != b->size()) return false;
  for (size_t i = 0; i < a->size(); ++i) {
    if ((*a)[i].value != (*b)[i].value || (*a)[i].symbol != (*b)[i].symbol) return false;
  }
  return true;
}

// Keeps only the parts of the noted types that also hold for `types`.
void Note(const std::vector<TypeInfo>& types, std::vector<TypeInfo>& noted) {
  if (noted.empty()) {
    noted = types;
    return;
  }
  for (size_t i = 0; i < noted.size(); ++i) {
    if (noted[i].kind != types[i].kind || noted[i].dtype != types[i].dtype) {
      noted[i] = TypeInfo();
    } else if (!SameDims(noted[i].dims, types[i].dims)) {
      noted[i].dims.reset();
    }
  }
}

// The types of a subgraph's outputs, given its inputs and the known values of the surrounding graph.
Result<std::vector<TypeInfo>> InferSubgraph(const graph::Graph& subgraph, std::span<const TypeInfo> inputs,
                                            const KnownValues& outer) {
  KnownValues known(subgraph);
  for (size_t i = 0; i < std::min(inputs.size(), subgraph.inputs.size()); ++i) {
    known.types[Index(subgraph.inputs[i])] = inputs[i];
  }
  for (const graph::Capture& capture : subgraph.captures) {
    known.types[Index(capture.inner)] = outer.types[Index(capture.outer)];
    known.shape_values[Index(capture.inner)] = outer.shape_values[Index(capture.outer)];
    known.constants[Index(capture.inner)] = outer.constants[Index(capture.outer)];
  }
  known.subgraph_types = outer.subgraph_types;
  for (const graph::Node& node : subgraph.nodes) ONEDGE_RETURN_IF_ERROR(InferNode(node, known));
  if (outer.subgraph_types) Note(known.types, (*outer.subgraph_types)[&subgraph]);
  std::vector<TypeInfo> outputs;
  for (ValueId id : subgraph.outputs) outputs.push_back(known.types[Index(id)]);
  return outputs;
}

std::vector<ShapeContext::Input> InputsOf(const graph::Node& node, const KnownValues& known) {
  std::vector<ShapeContext::Input> inputs(node.inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (node.inputs[i] == kNoValue) continue;
    const size_t id = Index(node.inputs[i]);
    inputs[i] = {&known.types[id], known.constants[id], known.shape_values[id] ? &*known.shape_values[id] : nullptr};
  }
  return inputs;
}

// The inferred type, completed by the declared one where inference knows less.
TypeInfo Merge(TypeInfo inferred, const TypeInfo& declared) {
  if (inferred.kind == TypeInfo::Kind::kUnknown) return declared;
  if (!inferred.is_tensor() || !declared.is_tensor()) return inferred;
  if (inferred.dtype == DType::kUndefined) inferred.dtype = declared.dtype;
  if (!inferred.dims) {
    inferred.dims = declared.dims;
  } else if (declared.dims && declared.dims->size() == inferred.dims->size()) {
    for (size_t i = 0; i < inferred.dims->size(); ++i) {
      Dim& dim = (*inferred.dims)[i];
      if (!dim.known() && dim.symbol < 0) dim = (*declared.dims)[i];
    }
  }
  return inferred;
}

}  // namespace

KnownValues::KnownValues(const graph::Graph& graph)
    : types(graph.values.size()), shape_values(graph.values.size()), constants(graph.values.size()) {
  for (const auto& [id, tensor] : graph.constants) {
    types[Index(id)] = TypeInfo::Tensor(tensor.dtype(), tensor.shape());
    constants[Index(id)] = &tensor;
  }
  // Constants that have left a lowered graph are known by type only; no node below makes them.
  for (size_t i = 0; i < types.size(); ++i) {
    if (types[i].kind == TypeInfo::Kind::kUnknown) types[i] = graph.values[i].type;
  }
}

Status InferNode(const graph::Node& node, KnownValues& known) {
  ONEDGE_DCHECK(node.op);
  const std::vector<ShapeContext::Input> inputs = InputsOf(node, known);
  std::vector<ShapeContext::Output> outputs(node.outputs.size());
  ShapeContext ctx(inputs, outputs, [&](const graph::Graph& subgraph, std::span<const TypeInfo> types) {
    return InferSubgraph(subgraph, types, known);
  });
  if (Status status = node.op->InferShapes(ctx); !status.ok()) {
    return std::move(status).WithNode(node.name, node.op_type);
  }
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] == kNoValue) continue;
    known.types[Index(node.outputs[i])] = std::move(outputs[i].type);
    known.shape_values[Index(node.outputs[i])] = std::move(outputs[i].shape_value);
  }
  return OkStatus();
}

size_t WorkspaceBytesOf(const graph::Node& node, const KnownValues& known) {
  const std::vector<ShapeContext::Input> inputs = InputsOf(node, known);
  std::vector<ShapeContext::Output> outputs(node.outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (node.outputs[i] != kNoValue) outputs[i].type = known.types[Index(node.outputs[i])];
  }
  return node.op->WorkspaceBytes(ShapeContext(inputs, outputs));
}

namespace {

// Sets the noted types of subgraphs, completed by the declarations of their file.
void SetSubgraphTypes(graph::Graph& graph, std::map<const graph::Graph*, std::vector<TypeInfo>>& noted) {
  for (graph::Node& node : graph.nodes) {
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      if (const auto found = noted.find(subgraph); found != noted.end()) {
        for (size_t i = 0; i < subgraph->values.size(); ++i) {
          TypeInfo merged = Merge(std::move(found->second[i]), subgraph->values[i].type);
          if (merged.kind != TypeInfo::Kind::kUnknown) subgraph->values[i].type = std::move(merged);
        }
      }
      SetSubgraphTypes(*subgraph, noted);
    }
  }
}

}  // namespace

Status InferTypes(graph::Graph& graph) {
  for ([[maybe_unused]] const graph::Node& node : graph.nodes) ONEDGE_DCHECK(node.op);
  KnownValues known(graph);
  std::map<const graph::Graph*, std::vector<TypeInfo>> subgraph_types;
  known.subgraph_types = &subgraph_types;
  for (ValueId id : graph.inputs) known.types[Index(id)] = graph.values[Index(id)].type;
  for (const graph::Node& node : graph.nodes) {
    ONEDGE_RETURN_IF_ERROR(InferNode(node, known));
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      known.types[Index(id)] = Merge(std::move(known.types[Index(id)]), graph.values[Index(id)].type);
    }
  }
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (known.types[i].kind != TypeInfo::Kind::kUnknown) graph.values[i].type = std::move(known.types[i]);
  }
  SetSubgraphTypes(graph, subgraph_types);
  return OkStatus();
}

void NameUnknownDims(TypeInfo& type, int32_t& next_symbol) {
  if (!type.is_tensor() || !type.dims) return;
  for (Dim& dim : *type.dims) {
    if (!dim.known() && dim.symbol < 0) dim = Dim::Symbol(next_symbol++);
  }
}

Status InferTypesWithSymbols(graph::Graph& graph, int32_t& next_symbol) {
  KnownValues known(graph);
  const auto name = [&](ValueId id) {
    NameUnknownDims(known.types[Index(id)], next_symbol);
    graph.values[Index(id)].type = known.types[Index(id)];
  };
  for (ValueId id : graph.inputs) {
    known.types[Index(id)] = graph.values[Index(id)].type;
    name(id);
  }
  for (const graph::Capture& capture : graph.captures) {
    known.types[Index(capture.inner)] = graph.values[Index(capture.inner)].type;
    name(capture.inner);
  }
  for (const graph::Node& node : graph.nodes) {
    ONEDGE_RETURN_IF_ERROR(InferNode(node, known));
    for (ValueId id : node.outputs) {
      if (id == kNoValue) continue;
      TypeInfo declared = graph.values[Index(id)].type;
      if (declared.is_tensor() && declared.dims) {
        for (Dim& dim : *declared.dims) dim.symbol = -1;
      }
      known.types[Index(id)] = Merge(std::move(known.types[Index(id)]), declared);
      name(id);
    }
  }
  return OkStatus();
}

}  // namespace onedge::ops

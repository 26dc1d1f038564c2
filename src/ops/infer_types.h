// Type and shape inference over a graph, one node at a time: at load with symbolic dimensions, in the planner with
// known ones.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "ops/op.h"

namespace onedge::ops {

// Facts about the values of one graph before it runs, by ValueId.
struct KnownValues {
  explicit KnownValues(const graph::Graph& graph);

  std::vector<TypeInfo> types;
  std::vector<std::optional<Dims>> shape_values;  // elements of integer vectors and scalars; some may be unknown
  std::vector<const Tensor*> constants;           // null if the value is unknown; not owned
  // If set, inference notes the types of subgraph values here.
  std::map<const graph::Graph*, std::vector<TypeInfo>>* subgraph_types = nullptr;
};

// Infers the node's outputs. REQUIRES: node.op is set; the node's inputs were inferred before.
Status InferNode(const graph::Node& node, KnownValues& known);
// WorkspaceBytes of the node's op, given the known values.
size_t WorkspaceBytesOf(const graph::Node& node, const KnownValues& known);

// Infers every value of `graph` from its input types. If nothing can be inferred, the type that the file declares
// stays. The same for subgraphs; in a body that runs more than once, only facts that hold in every turn.
// REQUIRES: ResolveOps and SortTopologically have succeeded.
Status InferTypes(graph::Graph& graph);

// For rewriting, after InferTypes: gives every unknown dimension its own symbol (a number from `next_symbol` on,
// without a name), so that dimensions can be proved equal. The names that a file declares for dimensions of node
// outputs are not trusted.
Status InferTypesWithSymbols(graph::Graph& graph, int32_t& next_symbol);
// Gives every unknown dimension of a tensor type its own symbol.
void NameUnknownDims(TypeInfo& type, int32_t& next_symbol);

}  // namespace onedge::ops

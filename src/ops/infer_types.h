// Type and shape inference over a graph, one node at a time: at load with symbolic dimensions, in the planner with
// known ones.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "ops/op.h"

namespace onedge::ops {

// What is known of the values of one graph before it runs, by ValueId.
struct KnownValues {
  explicit KnownValues(const graph::Graph& graph);

  std::vector<TypeInfo> types;
  std::vector<std::optional<Dims>> shape_values;  // elements of integer vectors and scalars, some perhaps unknown
  std::vector<const Tensor*> constants;           // null where the value is not known; not owned
  // Where set, inference notes here what it finds of the values of subgraphs.
  std::map<const graph::Graph*, std::vector<TypeInfo>>* subgraph_types = nullptr;
};

// Fills in the node's outputs. REQUIRES: node.op is set; the node's inputs have been filled in before.
Status InferNode(const graph::Node& node, KnownValues& known);
// WorkspaceBytes of the node's op for what is known.
size_t WorkspaceBytesOf(const graph::Node& node, const KnownValues& known);

// Infers every value of `graph` from its input types; where nothing can be told, a type declared in the file stays.
// So for subgraphs; of a body that runs more than once, only what holds in every turn.
// REQUIRES: ResolveOps and SortTopologically have succeeded.
Status InferTypes(graph::Graph& graph);

// For rewriting, after InferTypes: every dimension that inference cannot tell gets a symbol of its own, numbered from
// `next_symbol` on (a number without a name), so that dimensions can be proved equal. The names that a file declares
// for dimensions of nodes' outputs are not trusted.
Status InferTypesWithSymbols(graph::Graph& graph, int32_t& next_symbol);
// Gives every unknown dimension of a tensor type a symbol of its own.
void NameUnknownDims(TypeInfo& type, int32_t& next_symbol);

}  // namespace onedge::ops

// Replaces calls of a model's own functions by the functions' bodies, so that nothing behind the loader knows of
// functions.
#pragma once

#include <vector>

#include "onnx/proto.h"

namespace onedge::onnx {

// Sets NodeProto::opset for every node of `graph`, subgraphs included, and gives nameless nodes a name ("MatMul_12").
// Fails, naming the node, where the imports lack the node's domain. `functions` may leave their domains out of the
// imports.
Status ResolveOpsets(GraphProto& graph, const std::vector<OpsetImport>& imports,
                     const std::vector<FunctionProto>& functions);

// Inlines until no call is left, functions in functions and calls in subgraphs included. Attribute references take the
// call's value, else the function's default, else vanish. Values of a body are renamed to names that the graph does not
// have. Fails on recursion, on a call that passes what the function does not declare, and beyond `max_nodes`.
Status InlineFunctions(GraphProto& graph, const std::vector<OpsetImport>& imports, std::vector<FunctionProto> functions,
                       size_t max_nodes);

}  // namespace onedge::onnx

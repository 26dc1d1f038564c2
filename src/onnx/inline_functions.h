// Replaces calls of a model's own functions by the bodies of the functions. Code after the loader never sees functions.
#pragma once

#include <vector>

#include "onnx/proto.h"

namespace onedge::onnx {

// Sets NodeProto::opset for every node of `graph`, subgraphs included, and gives nameless nodes a name ("MatMul_12").
// Fails, and names the node, if the imports lack the node's domain. The domains of `functions` may be absent from the
// imports.
Status ResolveOpsets(GraphProto& graph, const std::vector<OpsetImport>& imports,
                     const std::vector<FunctionProto>& functions);

// Inlines until no call is left, including functions in functions and calls in subgraphs. An attribute reference takes
// the call's value, else the function's default; otherwise it is removed. Values of a body get names that are new in
// the graph. Fails on recursion, on a call that passes something the function does not declare, and beyond `max_nodes`.
Status InlineFunctions(GraphProto& graph, const std::vector<OpsetImport>& imports, std::vector<FunctionProto> functions,
                       size_t max_nodes);

}  // namespace onedge::onnx

// BuildGraph: a GraphProto, its functions inlined and its external data at hand, into a graph::Graph.
#pragma once

#include <memory>

#include "graph/graph.h"
#include "onnx/proto.h"

namespace onedge::onnx {

// Numbers the values, makes initializers and Constant nodes constants, turns what a subgraph reads from outside into
// captures, and orders the nodes. Consumes `proto`, tensor by tensor. Fails, naming value and node, on names that are
// defined twice or nowhere and on cycles. REQUIRES: ResolveOpsets; ExternalData::Finish.
Result<graph::Graph> BuildGraph(GraphProto proto, std::shared_ptr<graph::SymbolTable> symbols);

}  // namespace onedge::onnx

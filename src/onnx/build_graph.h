// BuildGraph: makes a graph::Graph from a GraphProto whose functions are inlined and whose external data has arrived.
#pragma once

#include <memory>

#include "graph/graph.h"
#include "onnx/proto.h"

namespace onedge::onnx {

// Numbers the values, turns initializers and Constant nodes into constants and outside reads of subgraphs into
// captures, and orders the nodes. Consumes `proto`, tensor by tensor. A name that is defined twice or nowhere, and a
// cycle, are errors that name the value and the node. REQUIRES: ResolveOpsets; ExternalData::Finish.
Result<graph::Graph> BuildGraph(GraphProto proto, std::shared_ptr<graph::SymbolTable> symbols);

}  // namespace onedge::onnx

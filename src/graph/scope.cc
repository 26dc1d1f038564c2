#include "graph/scope.h"

namespace onedge::graph {

const Tensor* Scope::FindConstant(ValueId id) const {
  if (const Tensor* own = graph.FindConstant(id)) return own;
  if (!outer) return nullptr;
  for (const Capture& capture : graph.captures) {
    if (capture.inner == id) return outer->FindConstant(capture.outer);
  }
  return nullptr;
}

std::vector<Graph*> MutableSubgraphs(Node& node) {
  std::vector<Graph*> out;
  for (const Graph* subgraph : node.Subgraphs()) out.push_back(const_cast<Graph*>(subgraph));  // the node is mutable
  return out;
}

}  // namespace onedge::graph

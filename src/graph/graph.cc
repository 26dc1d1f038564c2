#include "graph/graph.h"

#include <algorithm>

namespace onedge::graph {

const Attribute* Node::FindAttribute(std::string_view attribute_name) const {
  for (const Attribute& attribute : attributes) {
    if (attribute.name == attribute_name) return &attribute;
  }
  return nullptr;
}

std::vector<const Graph*> Node::Subgraphs() const {
  std::vector<const Graph*> out;
  for (const Attribute& attribute : attributes) {
    if (const auto* one = std::get_if<std::shared_ptr<Graph>>(&attribute.value)) out.push_back(one->get());
    if (const auto* many = std::get_if<std::vector<std::shared_ptr<Graph>>>(&attribute.value)) {
      for (const auto& graph : *many) out.push_back(graph.get());
    }
  }
  return out;
}

ValueId Graph::AddValue(std::string value_name, TypeInfo type) {
  values.push_back({std::move(value_name), std::move(type)});
  return static_cast<ValueId>(values.size() - 1);
}

const Tensor* Graph::FindConstant(ValueId id) const {
  const auto found = constants.find(id);
  return found == constants.end() ? nullptr : &found->second;
}

std::string Graph::Describe(ValueId id) const {
  if (id < 0 || static_cast<size_t>(id) >= values.size()) return "no value";
  const std::string& value_name = values[static_cast<size_t>(id)].name;
  return value_name.empty() ? StrCat("value #", id) : StrCat("value '", value_name, "'");
}

std::vector<ValueId> ReadsOf(const Node& node) {
  std::vector<ValueId> reads;
  reads.reserve(node.inputs.size());
  for (ValueId id : node.inputs) {
    if (id != kNoValue) reads.push_back(id);
  }
  for (const Graph* subgraph : node.Subgraphs()) {
    for (const Capture& capture : subgraph->captures) reads.push_back(capture.outer);
  }
  return reads;
}

Consumers::Consumers(const Graph& graph) : nodes(graph.values.size()), is_output(graph.values.size()) {
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : ReadsOf(graph.nodes[i])) nodes[static_cast<size_t>(id)].push_back(i);
  }
  for (ValueId id : graph.outputs) is_output[static_cast<size_t>(id)] = true;
}

Status SortTopologically(Graph& graph) {
  constexpr size_t kNobody = static_cast<size_t>(-1);
  const size_t node_count = graph.nodes.size();
  std::vector<size_t> producer(graph.values.size(), kNobody);
  std::vector<bool> defined(graph.values.size());
  for (ValueId id : graph.inputs) defined[static_cast<size_t>(id)] = true;
  for (const auto& [id, tensor] : graph.constants) defined[static_cast<size_t>(id)] = true;
  for (const Capture& capture : graph.captures) defined[static_cast<size_t>(capture.inner)] = true;
  for (size_t i = 0; i < node_count; ++i) {
    for (ValueId id : graph.nodes[i].outputs) {
      if (id == kNoValue) continue;
      if (defined[static_cast<size_t>(id)]) {
        return CorruptFile(graph.Describe(id), " is defined twice")
            .WithNode(graph.nodes[i].name, graph.nodes[i].op_type);
      }
      defined[static_cast<size_t>(id)] = true;
      producer[static_cast<size_t>(id)] = i;
    }
  }
  for (ValueId id : graph.outputs) {
    if (!defined[static_cast<size_t>(id)])
      return CorruptFile("graph output ", graph.Describe(id), " is defined nowhere");
  }

  // Kahn's algorithm with a heap of node indices: a graph that is already in order keeps its order.
  std::vector<size_t> missing(node_count);
  std::vector<std::vector<size_t>> waiting(node_count);
  std::vector<size_t> ready;
  for (size_t i = 0; i < node_count; ++i) {
    for (ValueId id : ReadsOf(graph.nodes[i])) {
      if (!defined[static_cast<size_t>(id)]) {
        return CorruptFile("input ", graph.Describe(id),
                           " is neither a graph input, an initializer nor a node's output")
            .WithNode(graph.nodes[i].name, graph.nodes[i].op_type);
      }
      if (const size_t from = producer[static_cast<size_t>(id)]; from != kNobody) {
        waiting[from].push_back(i);
        ++missing[i];
      }
    }
    if (missing[i] == 0) ready.push_back(i);
  }
  std::make_heap(ready.begin(), ready.end(), std::greater<>());
  std::vector<Node> ordered;
  ordered.reserve(node_count);
  while (!ready.empty()) {
    std::pop_heap(ready.begin(), ready.end(), std::greater<>());
    const size_t next = ready.back();
    ready.pop_back();
    ordered.push_back(std::move(graph.nodes[next]));
    for (size_t waiter : waiting[next]) {
      if (--missing[waiter] > 0) continue;
      ready.push_back(waiter);
      std::push_heap(ready.begin(), ready.end(), std::greater<>());
    }
  }
  if (ordered.size() < node_count) {
    for (size_t i = 0; i < node_count; ++i) {
      if (missing[i] > 0) {
        return CorruptFile("the graph has a cycle through this node")
            .WithNode(graph.nodes[i].name, graph.nodes[i].op_type);
      }
    }
  }
  graph.nodes = std::move(ordered);
  return OkStatus();
}

void RemoveDead(Graph& graph) {
  constexpr size_t kNobody = static_cast<size_t>(-1);
  std::vector<size_t> producer(graph.values.size(), kNobody);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    for (ValueId id : graph.nodes[i].outputs) {
      if (id != kNoValue) producer[static_cast<size_t>(id)] = i;
    }
  }
  std::vector<bool> live(graph.values.size());
  std::vector<bool> needed(graph.nodes.size());
  std::vector<ValueId> waiting = graph.outputs;
  while (!waiting.empty()) {
    const auto id = static_cast<size_t>(waiting.back());
    waiting.pop_back();
    live[id] = true;
    if (producer[id] == kNobody || needed[producer[id]]) continue;
    needed[producer[id]] = true;
    for (ValueId read : ReadsOf(graph.nodes[producer[id]])) waiting.push_back(read);
  }
  std::vector<Node> kept;
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    if (needed[i]) kept.push_back(std::move(graph.nodes[i]));
  }
  graph.nodes = std::move(kept);
  std::erase_if(graph.constants, [&](const auto& entry) { return !live[static_cast<size_t>(entry.first)]; });
}

}  // namespace onedge::graph

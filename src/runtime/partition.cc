#include "runtime/partition.h"

#include <algorithm>
#include <set>

#include "ops/ahead_of_run.h"
#include "ops/registry.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// Makes the regions of one backend in one graph.
//
// The level of a node counts the borders on the path to it: claimed nodes have even levels, the others odd ones, and a
// node's level is the smallest that no input exceeds. All claimed nodes of one level form a region. An edge between
// claimed and other nodes always goes up, so no path leaves a level and returns, and regions never wait for each other
// in a cycle. A claimed node of a higher level depends on this level through a node that is not claimed, so it cannot
// be in this region.
class Partitioner {
 public:
  Partitioner(graph::Graph& graph, const graph::Scope& scope, const backends::Backend& backend, int64_t index)
      : graph_(graph), scope_(scope), backend_(backend), backend_index_(index) {}

  // True if it made a region.
  Result<bool> Run() {
    if (!Classify()) return false;
    AssignLevels();
    FindCopies();
    std::set<int> levels;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (kind_[i] == Kind::kClaimed) levels.insert(level_[i]);
    }
    if (levels.empty()) return false;
    for (int level : levels) ONEDGE_RETURN_IF_ERROR(MakeRegion(level));
    std::vector<graph::Node> nodes;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      for (graph::Node& region : regions_) {
        if (first_member_[static_cast<size_t>(&region - regions_.data())] == i) nodes.push_back(std::move(region));
      }
      const bool stays = kind_[i] == Kind::kOther || (kind_[i] == Kind::kShapes && kept_[i]);
      if (stays) nodes.push_back(std::move(graph_.nodes[i]));
    }
    graph_.nodes = std::move(nodes);
    ONEDGE_RETURN_IF_ERROR(graph::SortTopologically(graph_));
    return true;
  }

 private:
  enum class Kind : uint8_t { kOther, kClaimed, kShapes };
  static constexpr size_t kNobody = static_cast<size_t>(-1);

  // False: the backend claims nothing here.
  bool Classify() {
    kind_.assign(graph_.nodes.size(), Kind::kOther);
    bool any = false;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (backends::IsRegion(graph_.nodes[i]) || !backend_.Claims(graph_, graph_.nodes[i])) continue;
      kind_[i] = Kind::kClaimed;
      any = true;
    }
    if (!any) return false;
    const std::vector<bool> shapes = ops::FindShapeArithmetic(graph_);
    producer_.assign(graph_.values.size(), kNobody);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      if (shapes[i]) kind_[i] = Kind::kShapes;
      for (ValueId id : graph_.nodes[i].outputs) {
        if (id != kNoValue) producer_[Index(id)] = i;
      }
    }
    return true;
  }

  void AssignLevels() {
    // By value: the lowest level of a claimed reader, and of another reader.
    std::vector<int> for_claimed(graph_.values.size(), 0);
    std::vector<int> for_other(graph_.values.size(), -1);
    level_.assign(graph_.nodes.size(), -1);
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const graph::Node& node = graph_.nodes[i];
      int claimed = 0, other = -1;
      int through_shapes = -1;
      for (ValueId id : graph::ReadsOf(node)) {
        claimed = std::max(claimed, for_claimed[Index(id)]);
        other = std::max(other, for_other[Index(id)]);
        const size_t from = producer_[Index(id)];
        if (from != kNobody && kind_[from] != Kind::kOther) through_shapes = std::max(through_shapes, level_[from]);
      }
      if (kind_[i] == Kind::kClaimed) {
        level_[i] = claimed;
        other = claimed + 1;
      } else if (kind_[i] == Kind::kOther) {
        level_[i] = other;
        claimed = other + 1;
      } else {
        // For shape arithmetic: the highest region whose shapes it reads, if any.
        level_[i] = through_shapes;
      }
      for (ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        for_claimed[Index(id)] = claimed;
        for_other[Index(id)] = other;
      }
    }
  }

  // Finds the shape arithmetic that a region needs a copy of (it reads the region's own shapes), and that outside nodes
  // need.
  void FindCopies() {
    const graph::Consumers consumers(graph_);
    copied_.assign(graph_.nodes.size(), false);
    kept_.assign(graph_.nodes.size(), false);
    read_outside_.assign(graph_.values.size(), false);
    for (size_t i = graph_.nodes.size(); i-- > 0;) {
      for (ValueId id : graph_.nodes[i].outputs) {
        if (id == kNoValue) continue;
        bool outside = consumers.is_output[Index(id)];
        bool inside = false;
        for (size_t reader : consumers.nodes[Index(id)]) {
          // A reader in the region of node i reads node i there; other readers read the value that crosses the border.
          const bool in_a_region = kind_[reader] == Kind::kClaimed || copied_[reader];
          const bool same = in_a_region && level_[reader] == level_[i];
          inside = inside || same;
          outside = outside || kind_[reader] == Kind::kOther || kept_[reader] || (in_a_region && !same);
        }
        read_outside_[Index(id)] = outside;
        if (kind_[i] != Kind::kShapes) continue;
        copied_[i] = copied_[i] || inside;
        kept_[i] = kept_[i] || outside;
      }
    }
  }

  Status MakeRegion(int level) {
    auto body = std::make_shared<graph::Graph>();
    body->symbols = graph_.symbols;
    graph::Node region;
    std::vector<ValueId> inner(graph_.values.size(), kNoValue);
    const auto add = [&](ValueId id) {
      return inner[Index(id)] = body->AddValue(graph_.values[Index(id)].name, graph_.values[Index(id)].type);
    };
    const auto read = [&](ValueId id) {
      if (id == kNoValue || inner[Index(id)] != kNoValue) return id == kNoValue ? id : inner[Index(id)];
      add(id);
      if (const Tensor* constant = scope_.FindConstant(id)) {
        body->constants[inner[Index(id)]] = *constant;
        body->values[Index(inner[Index(id)])].type = graph::TypeInfo::Tensor(constant->dtype(), constant->shape());
      } else {
        body->captures.push_back({id, inner[Index(id)]});
        region.inputs.push_back(id);
      }
      return inner[Index(id)];
    };
    size_t first = kNobody;
    std::vector<int64_t> shape_arithmetic;
    for (size_t i = 0; i < graph_.nodes.size(); ++i) {
      const bool member = kind_[i] == Kind::kClaimed;
      if (level_[i] != level || !(member || (kind_[i] == Kind::kShapes && copied_[i]))) continue;
      if (member && first == kNobody) first = i;
      if (!member) shape_arithmetic.push_back(static_cast<int64_t>(body->nodes.size()));
      graph::Node node = graph_.nodes[i];
      for (ValueId& id : node.inputs) id = read(id);
      // A claimed node with subgraphs moves, so its subgraphs may be changed in place.
      for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
        for (graph::Capture& capture : subgraph->captures) capture.outer = read(capture.outer);
      }
      for (ValueId& id : node.outputs) {
        if (id == kNoValue) continue;
        const ValueId outer = id;
        id = add(outer);
        if (!member || !read_outside_[Index(outer)]) continue;
        body->outputs.push_back(id);
        region.outputs.push_back(outer);
      }
      body->nodes.push_back(std::move(node));
    }
    region.name = StrCat("Region_", graph_.nodes[first].name);
    region.domain = "onedge";
    region.op_type = "Region";
    region.opset = 1;
    body->name = region.name;
    region.attributes.push_back({"body", std::move(body)});
    region.attributes.push_back({"backend", backend_index_});
    if (!shape_arithmetic.empty()) region.attributes.push_back({"shape_arithmetic", std::move(shape_arithmetic)});
    ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(region));
    regions_.push_back(std::move(region));
    first_member_.push_back(first);
    return OkStatus();
  }

  graph::Graph& graph_;
  const graph::Scope& scope_;
  const backends::Backend& backend_;
  const int64_t backend_index_;
  std::vector<Kind> kind_;           // by node
  std::vector<int> level_;           // by node
  std::vector<bool> copied_, kept_;  // by node, of shape arithmetic
  std::vector<size_t> producer_;     // by value: the node that makes it
  std::vector<bool> read_outside_;   // by value
  std::vector<graph::Node> regions_;
  std::vector<size_t> first_member_;  // by region
};

// Removes captures that only claimed nodes read: they are now constants of their regions.
void RemoveUnreadCaptures(graph::Graph& graph) {
  std::vector<bool> read(graph.values.size());
  for (const graph::Node& node : graph.nodes) {
    for (ValueId id : graph::ReadsOf(node)) read[Index(id)] = true;
  }
  for (ValueId id : graph.outputs) read[Index(id)] = true;
  std::erase_if(graph.captures, [&](const graph::Capture& capture) { return !read[Index(capture.inner)]; });
}

// True if it made a region, here or in a subgraph.
Result<bool> PartitionGraph(graph::Graph& graph, const graph::Scope& scope, const backends::Backend& backend,
                            int64_t index) {
  ONEDGE_ASSIGN_OR_RETURN(bool changed, Partitioner(graph, scope, backend, index).Run());
  for (graph::Node& node : graph.nodes) {
    if (backends::IsRegion(node)) continue;
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      ONEDGE_ASSIGN_OR_RETURN(const bool inside, PartitionGraph(*subgraph, {*subgraph, &scope}, backend, index));
      if (inside) RemoveUnreadCaptures(*subgraph);
      changed = changed || inside;
    }
  }
  if (changed) graph::RemoveDead(graph);
  return changed;
}

}  // namespace

Status Partition(graph::Graph& graph, std::span<const backends::Backend* const> backends) {
  for (size_t i = 0; i < backends.size(); ++i) {
    ONEDGE_RETURN_IF_ERROR(PartitionGraph(graph, {graph}, *backends[i], static_cast<int64_t>(i)).status());
  }
  return OkStatus();
}

}  // namespace onedge::runtime

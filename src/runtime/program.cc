#include "runtime/program.h"

#include <algorithm>

#include "backends/region.h"

namespace onedge::runtime {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

// By node: the values that nothing reads afterwards. Graph outputs and constants stay.
std::vector<std::vector<ValueId>> LastReads(const graph::Graph& graph) {
  std::vector<bool> read(graph.values.size());
  for (ValueId id : graph.outputs) read[Index(id)] = true;
  for (const auto& [id, tensor] : graph.constants) read[Index(id)] = true;
  std::vector<std::vector<ValueId>> last(graph.nodes.size());
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const auto note = [&](ValueId id) {
      if (id == kNoValue || read[Index(id)]) return;
      read[Index(id)] = true;
      last[i].push_back(id);
    };
    for (ValueId id : graph::ReadsOf(graph.nodes[i])) note(id);
    for (ValueId id : graph.nodes[i].outputs) note(id);  // outputs that nothing reads
  }
  return last;
}

// By value: the number of inputs and outputs that read it, in this graph and through captures.
std::vector<size_t> CountReads(const graph::Graph& graph) {
  std::vector<size_t> reads(graph.values.size());
  for (const graph::Node& node : graph.nodes) {
    for (ValueId id : node.inputs) {
      if (id != kNoValue) ++reads[Index(id)];
    }
    for (const graph::Graph* subgraph : node.Subgraphs()) {
      const std::vector<size_t> inside = CountReads(*subgraph);
      for (const graph::Capture& capture : subgraph->captures)
        reads[Index(capture.outer)] += inside[Index(capture.inner)];
    }
  }
  for (ValueId id : graph.outputs) ++reads[Index(id)];
  return reads;
}

// Lowers one graph; `outer` lowers the surrounding graph.
class Lowerer {
 public:
  Lowerer(graph::Graph& graph, Lowerer* outer, const Backends& backends, const LowerOptions& options)
      : graph_(graph),
        outer_(outer),
        scope_{graph, outer ? &outer->scope_ : nullptr},
        backends_(backends),
        options_(options),
        raw_reads_(CountReads(graph)) {}

  Result<std::unique_ptr<const Program>> Run() {
    program_ = std::make_unique<Program>();
    program_->graph = &graph_;
    program_->last_reads = LastReads(graph_);
    for (graph::Node& node : graph_.nodes) {
      size_t backend = 0;
      ONEDGE_ASSIGN_OR_RETURN(auto kernel, LowerNode(node, backend));
      if (!kernel) {
        for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
          ONEDGE_ASSIGN_OR_RETURN(auto subprogram, Lowerer(*subgraph, this, backends_, options_).Run());
          program_->subprograms.emplace(subgraph, std::move(subprogram));
        }
      }
      program_->kernels.push_back(std::move(kernel));
      program_->backend_of.push_back(backend);
    }
    return std::unique_ptr<const Program>(std::move(program_));
  }

 private:
  // Null: every backend declines. `backend`: the one that accepts.
  Result<std::unique_ptr<const backends::Kernel>> LowerNode(graph::Node& node, size_t& backend) {
    for (size_t i = 0; i < backends_.size(); ++i) {
      if (backends::IsRegion(node) && !ClaimedBy(node, i)) continue;
      backends::LowerContext ctx{graph_, node, options_.exact, options_.budget, options_.device_budget, &scope_, {}};
      Result<std::unique_ptr<const backends::Kernel>> kernel = backends_[i]->Lower(ctx);
      if (!kernel.ok()) return std::move(kernel).status().WithNode(node.name, node.op_type);
      if (!*kernel) continue;
      for (const backends::LowerContext::Claim& claim : ctx.claims) Drop(node, claim);
      backend = i;
      return kernel;
    }
    return std::unique_ptr<const backends::Kernel>();
  }

  static bool ClaimedBy(const graph::Node& region, size_t backend) {
    const graph::Attribute* claimer = region.FindAttribute("backend");
    return claimer && std::get<int64_t>(claimer->value) == static_cast<int64_t>(backend);
  }

  // The node no longer reads the elements of a constant; if no other node reads them, they are dropped.
  void Drop(graph::Node& node, const backends::LowerContext::Claim& claim) {
    if (claim.graph == &graph_) {
      const auto times = std::count(node.inputs.begin(), node.inputs.end(), claim.id);
      return Forget(claim.id, static_cast<size_t>(times));
    }
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      if (subgraph != claim.graph) continue;
      if (subgraph->FindConstant(claim.id)) return Pack(*subgraph, claim.id);  // only the kernel reads the subgraph
      const size_t times = CountReads(*subgraph)[Index(claim.id)];
      for (const graph::Capture& capture : subgraph->captures) {
        if (capture.inner == claim.id) Forget(capture.outer, times);
      }
    }
  }

  // Removes reads of a constant of this graph or, if captured, of a surrounding one.
  void Forget(ValueId id, size_t times) {
    raw_reads_[Index(id)] -= times;
    if (graph_.FindConstant(id)) {
      if (raw_reads_[Index(id)] > 0) return;
      Pack(graph_, id);
      program_->packed.insert(id);
      return;
    }
    for (const graph::Capture& capture : graph_.captures) {
      if (capture.inner == id && outer_) outer_->Forget(capture.outer, times);
    }
  }

  // The constant leaves the graph; its type stays.
  static void Pack(graph::Graph& graph, ValueId id) {
    const Tensor& constant = graph.constants[id];
    graph.values[Index(id)].type = graph::TypeInfo::Tensor(constant.dtype(), constant.shape());
    graph.constants.erase(id);
  }

  graph::Graph& graph_;
  Lowerer* outer_;
  const graph::Scope scope_;
  const Backends& backends_;
  const LowerOptions& options_;
  std::unique_ptr<Program> program_;
  std::vector<size_t> raw_reads_;  // by value: the number of readers that still need its raw form
};

// Gives captures of packed constants their types, from which kernels in subgraphs are planned.
void SetTypesOfPackedCaptures(graph::Graph& graph, const Program& program, const std::set<ValueId>& packed) {
  for (graph::Node& node : graph.nodes) {
    for (graph::Graph* subgraph : graph::MutableSubgraphs(node)) {
      const auto subprogram = program.subprograms.find(subgraph);
      if (subprogram == program.subprograms.end()) continue;
      std::set<ValueId> inside = subprogram->second->packed;
      for (const graph::Capture& capture : subgraph->captures) {
        if (!packed.contains(capture.outer)) continue;
        subgraph->values[Index(capture.inner)].type = graph.values[Index(capture.outer)].type;
        inside.insert(capture.inner);
      }
      SetTypesOfPackedCaptures(*subgraph, *subprogram->second, inside);
    }
  }
}

}  // namespace

Result<std::unique_ptr<const Program>> Program::Lower(graph::Graph& graph, const Backends& backends,
                                                      const LowerOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(auto program, Lowerer(graph, nullptr, backends, options).Run());
  SetTypesOfPackedCaptures(graph, *program, program->packed);
  return program;
}

}  // namespace onedge::runtime

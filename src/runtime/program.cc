#include "runtime/program.h"

namespace onedge::runtime {
namespace {

using graph::ValueId;

// By node: the values that are dead once it has run. Graph outputs and constants stay.
std::vector<std::vector<ValueId>> LastReads(const graph::Graph& graph) {
  std::vector<bool> read(graph.values.size());
  for (ValueId id : graph.outputs) read[static_cast<size_t>(id)] = true;
  for (const auto& [id, tensor] : graph.constants) read[static_cast<size_t>(id)] = true;
  std::vector<std::vector<ValueId>> last(graph.nodes.size());
  for (size_t i = graph.nodes.size(); i-- > 0;) {
    const auto note = [&](ValueId id) {
      if (id == graph::kNoValue || read[static_cast<size_t>(id)]) return;
      read[static_cast<size_t>(id)] = true;
      last[i].push_back(id);
    };
    for (ValueId id : graph::ReadsOf(graph.nodes[i])) note(id);
    for (ValueId id : graph.nodes[i].outputs) note(id);  // outputs that nothing reads
  }
  return last;
}

}  // namespace

Result<std::unique_ptr<const Program>> Program::Lower(graph::Graph& graph, const Backends& backends, bool exact,
                                                      MemoryBudget* budget) {
  auto program = std::make_unique<Program>();
  program->graph = &graph;
  program->last_reads = LastReads(graph);

  // How many inputs still need each constant in its raw form.
  std::vector<size_t> raw_readers(graph.values.size());
  for (const graph::Node& node : graph.nodes) {
    for (ValueId id : graph::ReadsOf(node)) ++raw_readers[static_cast<size_t>(id)];
  }
  for (ValueId id : graph.outputs) ++raw_readers[static_cast<size_t>(id)];

  for (graph::Node& node : graph.nodes) {
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* subgraph = std::get_if<std::shared_ptr<graph::Graph>>(&attribute.value)) {
        ONEDGE_ASSIGN_OR_RETURN(auto subprogram, Lower(**subgraph, backends, exact, budget));
        program->subprograms.emplace(subgraph->get(), std::move(subprogram));
      }
    }
    std::unique_ptr<const backends::Kernel> kernel;
    size_t backend = 0;
    for (; backend < backends.size() && !kernel; ++backend) {
      backends::LowerContext ctx{graph, node, exact, budget, {}};
      Result<std::unique_ptr<const backends::Kernel>> lowered = backends[backend]->Lower(ctx);
      if (!lowered.ok()) return std::move(lowered).status().WithNode(node.name, node.op_type);
      kernel = std::move(lowered).value();
      for (size_t input : ctx.packed_inputs) {
        const ValueId id = node.inputs[input];
        if (--raw_readers[static_cast<size_t>(id)] > 0) continue;
        graph.values[static_cast<size_t>(id)].type =
            graph::TypeInfo::Tensor(graph.constants[id].dtype(), graph.constants[id].shape());
        graph.constants.erase(id);
      }
    }
    program->backend_of.push_back(kernel ? backend - 1 : 0);
    program->kernels.push_back(std::move(kernel));
  }
  return std::unique_ptr<const Program>(std::move(program));
}

}  // namespace onedge::runtime

#include "runtime/model.h"

#include <algorithm>
#include <set>

#include "ops/infer_types.h"
#include "ops/registry.h"
#include "optimizer/optimize.h"

namespace onedge::runtime {
namespace {

std::vector<SignatureEntry> Signature(const graph::Graph& graph, const std::vector<graph::ValueId>& ids) {
  std::vector<SignatureEntry> entries;
  for (graph::ValueId id : ids) {
    const graph::ValueInfo& value = graph.values[static_cast<size_t>(id)];
    entries.push_back({value.name, value.type});
  }
  return entries;
}

bool QuantizesAtRunTime(const graph::Graph& graph) {
  return std::any_of(graph.nodes.begin(), graph.nodes.end(), [](const graph::Node& node) {
    if (node.op->quantizes()) return true;
    const auto subgraphs = node.Subgraphs();
    return std::any_of(subgraphs.begin(), subgraphs.end(),
                       [](const graph::Graph* subgraph) { return QuantizesAtRunTime(*subgraph); });
  });
}

// `counted`: a constant that several graphs hold (a region has its own) counts once.
size_t ConstantBytes(const graph::Graph& graph, std::set<const uint8_t*>& counted) {
  size_t bytes = 0;
  for (const auto& [id, tensor] : graph.constants) {
    if (counted.insert(tensor.bytes()).second) bytes += tensor.byte_size();
  }
  for (const graph::Node& node : graph.nodes) {
    for (const graph::Graph* subgraph : node.Subgraphs()) bytes += ConstantBytes(*subgraph, counted);
  }
  return bytes;
}

// `counted`: a kernel that several nodes share counts once.
size_t KernelBytes(const Program& program, std::set<const backends::Kernel*>& counted) {
  size_t bytes = 0;
  for (const auto& kernel : program.kernels) {
    if (kernel && counted.insert(kernel.get()).second) bytes += kernel->resident_bytes();
  }
  for (const auto& [subgraph, subprogram] : program.subprograms) bytes += KernelBytes(*subprogram, counted);
  return bytes;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::Create(graph::Graph graph, const ModelOptions& options) {
  std::shared_ptr<Model> model(new Model());
  model->graph_ = std::move(graph);
  model->budget_ = options.budget;
  model->device_budget_ = options.device_budget;
  model->backends_.assign(options.backends.begin(), options.backends.end());
  ONEDGE_RETURN_IF_ERROR(ops::ResolveOps(model->graph_));
  ONEDGE_RETURN_IF_ERROR(ops::InferTypes(model->graph_));
  model->exact_ = QuantizesAtRunTime(model->graph_);
  model->inputs_ = Signature(model->graph_, model->graph_.inputs);
  model->outputs_ = Signature(model->graph_, model->graph_.outputs);
  if (options.optimize) {
    // A device backend that claims convolutions would not find them.
    const bool channels_last =
        !options.backends.empty() && std::all_of(options.backends.begin(), options.backends.end(),
                                                 [](const auto* backend) { return backend->prefers_channels_last(); });
    ONEDGE_RETURN_IF_ERROR(optimizer::Optimize(
        model->graph_, {options.budget, model->exact_, channels_last, options.optimizer_misses, options.used}));
  }
  if (options.partition) ONEDGE_RETURN_IF_ERROR(options.partition(model->graph_, model->backends_));
  const LowerOptions lower{model->exact_, options.budget, options.device_budget, options.used};
  ONEDGE_ASSIGN_OR_RETURN(model->program_, Program::Lower(model->graph_, model->backends_, lower));
  std::set<const uint8_t*> counted;
  std::set<const backends::Kernel*> counted_kernels;
  model->resident_bytes_ = ConstantBytes(model->graph_, counted) + KernelBytes(*model->program_, counted_kernels);
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace onedge::runtime

#include "runtime/model.h"

#include <algorithm>

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
    if (node.op_type == "DynamicQuantizeLinear" || node.op_type == "QuantizeLinear" ||
        node.op_type == "DynamicQuantizedLinear" || node.op_type == "DynamicQuantizeMatMul") {
      return true;
    }
    const auto subgraphs = node.Subgraphs();
    return std::any_of(subgraphs.begin(), subgraphs.end(),
                       [](const graph::Graph* subgraph) { return QuantizesAtRunTime(*subgraph); });
  });
}

size_t ResidentBytes(const graph::Graph& graph, const Program& program) {
  size_t bytes = 0;
  for (const auto& [id, tensor] : graph.constants) bytes += tensor.byte_size();
  for (const auto& kernel : program.kernels) bytes += kernel ? kernel->resident_bytes() : 0;
  for (const auto& [subgraph, subprogram] : program.subprograms) bytes += ResidentBytes(*subgraph, *subprogram);
  return bytes;
}

}  // namespace

Result<std::shared_ptr<const Model>> Model::Create(graph::Graph graph, const ModelOptions& options) {
  std::shared_ptr<Model> model(new Model());
  model->graph_ = std::move(graph);
  model->budget_ = options.budget;
  model->backends_.assign(options.backends.begin(), options.backends.end());
  ONEDGE_RETURN_IF_ERROR(ops::ResolveOps(model->graph_));
  ONEDGE_RETURN_IF_ERROR(ops::InferTypes(model->graph_));
  model->exact_ = QuantizesAtRunTime(model->graph_);
  model->inputs_ = Signature(model->graph_, model->graph_.inputs);
  model->outputs_ = Signature(model->graph_, model->graph_.outputs);
  if (options.optimize) ONEDGE_RETURN_IF_ERROR(optimizer::Optimize(model->graph_, options.budget));
  ONEDGE_ASSIGN_OR_RETURN(model->program_,
                          Program::Lower(model->graph_, model->backends_, model->exact_, options.budget));
  model->resident_bytes_ = ResidentBytes(model->graph_, *model->program_);
  return std::shared_ptr<const Model>(std::move(model));
}

}  // namespace onedge::runtime

#include "api/model.h"

#include <map>

#include "api/model_parts.h"

namespace onedge::api {
namespace {

void Count(const graph::Graph& graph, std::map<std::string, size_t>& counts) {
  for (const graph::Node& node : graph.nodes) {
    ++counts[node.domain.empty() ? node.op_type : StrCat(node.domain, ".", node.op_type)];
    for (const graph::Graph* subgraph : node.Subgraphs()) Count(*subgraph, counts);
  }
}

}  // namespace

Model::Model(const LoadOptions& options) : parts_(std::make_unique<Parts>(options.memory_limit)) {}
Model::~Model() = default;

const Manifest& Model::manifest() const { return parts_->manifest; }
const std::vector<ValueInfo>& Model::inputs() const { return parts_->inputs; }
const std::vector<ValueInfo>& Model::outputs() const { return parts_->outputs; }
const Tokenizer* Model::tokenizer() const { return parts_->tokenizer.get(); }
const std::string& Model::digest() const { return parts_->digest; }
uint64_t Model::file_bytes() const { return parts_->file_bytes; }
size_t Model::weight_bytes() const { return parts_->model->resident_bytes(); }
MemoryBudget& Model::budget() const { return parts_->budget; }
const std::vector<OpsetImport>& Model::opset_imports() const { return parts_->opset_imports; }
size_t Model::parameters() const { return parts_->parameters; }
const std::vector<std::pair<std::string, size_t>>& Model::operators() const { return parts_->operators; }
const std::vector<std::string>& Model::misses() const { return parts_->misses; }
const std::string& Model::used_parts() const { return parts_->used; }

std::vector<std::pair<std::string, size_t>> Model::optimized_operators() const {
  std::map<std::string, size_t> counts;
  Count(parts_->model->graph(), counts);
  return {counts.begin(), counts.end()};
}

}  // namespace onedge::api

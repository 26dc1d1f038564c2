#include "api/model.h"

#include "api/model_parts.h"

namespace onedge::api {

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

}  // namespace onedge::api

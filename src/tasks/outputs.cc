#include "tasks/outputs.h"

namespace onedge::tasks {

std::optional<size_t> ModelOutputs::Find(std::string_view name) const {
  for (size_t i = 0; i < values_.size(); ++i) {
    if (model_.outputs()[i].name == name) return i;
  }
  return std::nullopt;
}

Result<OutputRows> ModelOutputs::Rows(const OutputNames& output, std::string_view said) const {
  std::optional<size_t> found;
  if (!said.empty()) {
    found = Find(said);
    if (!found) return Unsupported("the model has no output '", said, "'");
  }
  for (std::string_view name : output.names) {
    if (!found) found = Find(name);
  }
  if (!found && output.position && *output.position < values_.size()) found = output.position;
  if (!found) return Unsupported("the task needs a model with an output '", *output.names.begin(), "'");

  const Value& value = values_[*found];
  const Tensor* tensor = value.is_tensor() && value.tensor().dtype() == DType::kFloat32 ? &value.tensor() : nullptr;
  const size_t rank = tensor ? tensor->rank() : 0;
  const bool single = rank == 1 && batch_ == 1;  // the batch axis was squeezed away
  const bool fits = single || ((rank == 2 || rank == 3) && tensor->dim(0) == static_cast<int64_t>(batch_));
  if (!fits || tensor->element_count() == 0) {
    return InvalidArgument("output '", model_.outputs()[*found].name, "': expected float32 [", batch_,
                           ", ...] of 2 or 3 dimensions and not empty, got ", value.ToString());
  }
  OutputRows rows;
  rows.columns = static_cast<size_t>(tensor->dim(rank - 1));
  rows.rows = rank == 3 ? static_cast<size_t>(tensor->dim(1)) : 1;
  rows.data = tensor->data<float>() + item_ * rows.rows * rows.columns;
  return rows;
}

}  // namespace onedge::tasks

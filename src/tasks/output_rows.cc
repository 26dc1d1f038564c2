#include "tasks/output_rows.h"

namespace onedge::tasks {

Status ReadOutput(const runtime::Model& model, std::span<const Value> outputs, std::string_view name, size_t otherwise,
                  size_t item, size_t batch, OutputRows& rows) {
  size_t output = otherwise;
  for (size_t i = outputs.size(); i-- > 0;) {
    if (model.outputs()[i].name.find(name) != std::string::npos) output = i;
  }
  if (output >= outputs.size()) return Unsupported("the task needs a model with an output '", name, "'");
  const Value& value = outputs[output];
  const Tensor* tensor = value.is_tensor() && value.tensor().dtype() == DType::kFloat32 ? &value.tensor() : nullptr;
  const size_t rank = tensor ? tensor->rank() : 0;
  const bool single = rank == 1 && batch == 1;  // the batch axis was squeezed away
  const bool fits = single || ((rank == 2 || rank == 3) && tensor->dim(0) == static_cast<int64_t>(batch));
  if (!fits || tensor->element_count() == 0) {
    return InvalidArgument("output '", model.outputs()[output].name, "': expected float32 [", batch,
                           ", ...] of 2 or 3 dimensions and not empty, got ", value.ToString());
  }
  rows.columns = static_cast<size_t>(tensor->dim(rank - 1));
  rows.rows = rank == 3 ? static_cast<size_t>(tensor->dim(1)) : 1;
  rows.data = tensor->data<float>() + item * rows.rows * rows.columns;
  return OkStatus();
}

}  // namespace onedge::tasks

#include "ops/control/scan_output.h"

#include "ops/movement/strided_copy.h"

namespace onedge::ops {

Status ScanOutput::Add(Value value, size_t output) {
  if (!value.is_tensor()) return InvalidArgument("scan output ", output, ": expected a tensor, got ", value);
  if (!turns_.empty() &&
      (value.tensor().dtype() != turns_[0].dtype() || !(value.tensor().shape() == turns_[0].shape()))) {
    return InvalidArgument("scan output ", output, ": turn ", turns_.size(), " gave ", value, ", the first ", turns_[0]);
  }
  turns_.push_back(std::move(value.tensor()));
  return OkStatus();
}

Status ScanOutput::Finish(OpContext& ctx, size_t output, int64_t axis, bool reverse, const TypeInfo& declared) {
  Shape shape;
  DType dtype = DType::kUndefined;
  if (turns_.empty()) {
    if (!declared.is_tensor() || declared.dtype == DType::kUndefined) {
      return InvalidArgument("scan output ", output, " has no turns and no declared dtype");
    }
    dtype = declared.dtype;
    for (const Dim& dim : declared.dims.value_or(Dims())) shape.push_back(dim.known() ? dim.value : 0);
  } else {
    dtype = turns_[0].dtype();
    shape = turns_[0].shape();
  }
  ONEDGE_ASSIGN_OR_RETURN(const size_t stacked, NormalizeAxis(axis, shape.rank() + 1, "attribute 'scan_output_axes'"));
  const int64_t inner = shape.element_count(stacked, shape.rank());
  const int64_t outer = shape.element_count(0, stacked);
  const auto count = static_cast<int64_t>(turns_.size());
  shape.insert(stacked, count);
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, output, dtype, shape));
  for (int64_t i = 0; i < count; ++i) {
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(turns_[static_cast<size_t>(i)], ctx.budget()));
    const int64_t place = reverse ? count - 1 - i : i;
    CopyStrided(to.type(), from.at(0), to.at(place * inner), {{outer, inner, count * inner}, {inner, 1, 1}}, nullptr);
  }
  to.Finish();
  turns_.clear();
  return OkStatus();
}

}  // namespace onedge::ops

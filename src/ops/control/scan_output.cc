#include "ops/control/scan_output.h"

#include "ops/movement/strided_copy.h"

namespace onedge::ops {

Status ScanOutput::Add(Value value, size_t output) {
  if (!value.is_tensor()) return InvalidArgument("scan output ", output, ": expected a tensor, got ", value);
  while (first_ < turns_.size() && !turns_[first_].defined()) ++first_;
  if (first_ < turns_.size() &&
      (value.tensor().dtype() != turns_[first_].dtype() || !(value.tensor().shape() == turns_[first_].shape()))) {
    return InvalidArgument("scan output ", output, ": turn ", turns_.size(), " gave ", value, ", the first ",
                           turns_[first_]);
  }
  turns_.push_back(std::move(value.tensor()));
  return OkStatus();
}

Status ScanOutput::Finish(OpContext& ctx, size_t output, int64_t axis, bool reverse, const TypeInfo& declared,
                          std::optional<int64_t> batch) {
  Shape shape;
  DType dtype = DType::kUndefined;
  while (first_ < turns_.size() && !turns_[first_].defined()) ++first_;
  if (first_ == turns_.size()) {
    if (!declared.is_tensor() || declared.dtype == DType::kUndefined) {
      return InvalidArgument("scan output ", output, " has no turns and no declared dtype");
    }
    dtype = declared.dtype;
    for (const Dim& dim : declared.dims.value_or(Dims())) shape.push_back(dim.known() ? dim.value : 0);
  } else {
    dtype = turns_[first_].dtype();
    shape = turns_[first_].shape();
  }
  ONEDGE_ASSIGN_OR_RETURN(const size_t stacked, NormalizeAxis(axis, shape.rank() + 1, "attribute 'scan_output_axes'"));
  const int64_t inner = shape.element_count(stacked, shape.rank());
  const int64_t outer = shape.element_count(0, stacked);
  const auto count = static_cast<int64_t>(turns_.size());
  if (batch) {
    shape.insert(0, *batch == 0 ? 0 : count / *batch);
    shape.insert(0, *batch);
  } else {
    shape.insert(stacked, count);
  }
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, output, dtype, shape));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t place = reverse ? count - 1 - i : i;
    const Tensor& turn = turns_[static_cast<size_t>(i)];
    if (!turn.defined()) {
      for (int64_t o = 0; o < outer; ++o) {
        ClearCells(to.type(), to.at((o * count + place) * inner), static_cast<size_t>(inner));
      }
      continue;
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(turn, ctx.budget()));
    CopyStrided(to.type(), from.at(0), to.at(place * inner), {{outer, inner, count * inner}, {inner, 1, 1}}, nullptr);
  }
  to.Finish();
  turns_.clear();
  return OkStatus();
}

}  // namespace onedge::ops

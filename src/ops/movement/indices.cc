#include "ops/movement/indices.h"

namespace onedge::ops {

Result<Indices> Indices::Of(const Tensor& tensor, size_t input) {
  Indices indices;
  if (tensor.dtype() == DType::kInt64) {
    indices.wide_ = tensor.data<int64_t>();
  } else if (tensor.dtype() == DType::kInt32) {
    indices.narrow_ = tensor.data<int32_t>();
  } else {
    return InvalidArgument("input ", input, ": expected int32 or int64 indices, got ", tensor);
  }
  return indices;
}

Status IndexError(size_t input, int64_t index, int64_t size) {
  return InvalidArgument("input ", input, ": index ", index, " is out of range [", -size, ", ", size, ")");
}

Result<Axes> NormalizeAxes(std::span<const int64_t> axes, size_t rank) {
  Axes out;
  for (int64_t axis : axes) {
    ONEDGE_ASSIGN_OR_RETURN(const size_t normal, NormalizeAxis(axis, rank, "axes"));
    for (size_t other : out) {
      if (other == normal) return InvalidArgument("axes: axis ", normal, " is given twice");
    }
    out.push_back(normal);
  }
  return out;
}

Result<InlineVector<int64_t, 8>> InputIntegers(const OpContext& ctx, size_t i) {
  ONEDGE_DCHECK(ctx.HasInput(i) && ctx.InputValue(i).is_tensor());
  const Tensor& tensor = ctx.Input(i);
  if (tensor.rank() > 1) return InvalidArgument("input ", i, ": expected a vector of integers, got ", tensor);
  return tensor.ToInt64s(StrCat("input ", i));
}

}  // namespace onedge::ops

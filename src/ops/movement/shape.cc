// Shape (ai.onnx 1): the dimensions of its input as an int64 vector; since 15 a range [start, end) of them.
#include <algorithm>

#include "ops/movement/dims_math.h"
#include "ops/op.h"

namespace onedge::ops {

struct ShapeOp final : Op {
  int64_t start = 0;
  int64_t end = std::numeric_limits<int64_t>::max();

  // The range [first, last) of a shape with this rank; both ends are clamped.
  std::pair<size_t, size_t> Range(size_t rank) const {
    const auto signed_rank = static_cast<int64_t>(rank);
    const int64_t first = std::clamp<int64_t>(start < 0 ? start + signed_rank : start, 0, signed_rank);
    const int64_t last = std::clamp<int64_t>(end < 0 ? end + signed_rank : end, 0, signed_rank);
    return {static_cast<size_t>(first), static_cast<size_t>(std::max(first, last))};
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    if (!dims) {
      ctx.SetOutput(0, DType::kInt64, Dims{Dim::Unknown()});
      return OkStatus();
    }
    const auto [first, last] = Range(dims->size());
    ctx.SetOutput(0, DType::kInt64, Dims{Dim::Known(static_cast<int64_t>(last - first))});
    ctx.SetOutputShapeValue(0, Dims(dims->begin() + first, dims->begin() + last));
    return OkStatus();
  }

  // x: any [...] -> i64 [last - first]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& shape = ctx.Input(0).shape();
    const auto [first, last] = Range(shape.rank());
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kInt64, {static_cast<int64_t>(last - first)}));
    std::copy(shape.begin() + first, shape.begin() + last, y->mutable_data<int64_t>());
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ShapeOp>(AttributeReader& attrs) {
  auto op = std::make_unique<ShapeOp>();
  if (attrs.opset() >= 15) {
    op->start = attrs.Int("start", op->start);
    op->end = attrs.Int("end", op->end);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

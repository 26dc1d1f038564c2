// MaxUnpool (ai.onnx 9, 11, 22): writes pooled values to the positions of MaxPool's indices, and zeros elsewhere.
#include <cstring>

#include "base/checked_math.h"
#include "ops/nn/real_tensors.h"
#include "ops/nn/window.h"

namespace onedge::ops {

struct MaxUnpool final : Op {
  WindowAttributes window;

  // The sizes before pooling; a contradiction is an error. Unknown dims stay unknown.
  Result<Dims> PooledFrom(const Dims& x) const {
    if (x.size() < 3) return InvalidArgument("input 0: expected [N, C, spatial...], got ", x.size(), " dimensions");
    const size_t rank = x.size() - 2;
    if (window.kernel.size() != rank || (!window.strides.empty() && window.strides.size() != rank) ||
        (!window.pads.empty() && window.pads.size() != 2 * rank)) {
      return InvalidArgument("kernel_shape, strides and pads must fit the ", rank, " spatial dimensions");
    }
    Dims out = {x[0], x[1]};
    for (size_t i = 0; i < rank; ++i) {
      const int64_t stride = window.strides.empty() ? 1 : window.strides[i];
      const int64_t pads = window.pads.empty() ? 0 : window.pads[i] + window.pads[rank + i];
      const Dim in = x[i + 2];
      if (in.known() && in.value >= int64_t{1} << 31) return Unsupported("spatial dimension ", i, " is too large");
      const int64_t size = in.known() ? (in.value - 1) * stride - pads + window.kernel[i] : 0;
      if (size < 0) return InvalidArgument("spatial dimension ", i, ": the pads leave no output");
      out.push_back(in.known() ? Dim::Known(size) : Dim::Unknown());
    }
    return out;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    std::optional<Dims> out;
    if (const Dims* x = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(out, PooledFrom(*x));
    }
    if (ctx.HasInput(2)) out = ctx.InputShapeValue(2);
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: [N, C, spatial...], indices: int64, as x, output_shape: int64 (optional: the pooled sizes, extended at the end)
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    const Tensor& indices = ctx.Input(1);
    if (!IsReal(x.dtype())) return Unsupported("input 0: expected a float type, got ", DTypeName(x.dtype()));
    if (indices.dtype() != DType::kInt64 || !(indices.shape() == x.shape())) {
      return InvalidArgument("input 1: expected int64 of shape ", x.shape(), ", got ", indices);
    }
    ONEDGE_ASSIGN_OR_RETURN(const Dims dims, PooledFrom(graph::DimsOf(x.shape())));
    const Shape pooled = *graph::ShapeOf(dims);
    ONEDGE_RETURN_IF_ERROR(pooled.Check());
    Shape shape = pooled;
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(const auto sizes, ctx.Input(2).ToInt64s("input 2"));
      if (sizes.size() != pooled.rank())
        return InvalidArgument("input 2: expected ", pooled.rank(), " sizes, got ", sizes.size());
      shape = Shape(sizes.begin(), sizes.end());
      ONEDGE_RETURN_IF_ERROR(shape.Check());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), shape));
    std::memset(y->mutable_bytes(), 0, y->byte_size());
    const size_t width = DTypeBits(x.dtype()) / 8;
    const auto strides = shape.Strides();
    const int64_t total = pooled.element_count();
    for (size_t i = 0; i < static_cast<size_t>(x.element_count()); ++i) {
      const int64_t index = indices.data<int64_t>()[i];
      if (index < 0 || index >= total)
        return InvalidArgument("input 1: expected indices in [0, ", total, "), got ", index);
      int64_t rest = index;
      int64_t to = 0;
      bool inside = true;
      for (size_t axis = pooled.rank(); axis-- > 0;) {
        const int64_t position = rest % pooled[axis];
        rest /= pooled[axis];
        inside = inside && position < shape[axis];
        to += position * strides[axis];
      }
      if (inside) std::memcpy(y->mutable_bytes() + static_cast<size_t>(to) * width, x.bytes() + i * width, width);
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<MaxUnpool>(AttributeReader& attrs) {
  auto op = std::make_unique<MaxUnpool>();
  op->window.kernel = ReadBoundedInts(attrs, "kernel_shape", 1);
  op->window.strides = ReadBoundedInts(attrs, "strides", 1);
  op->window.pads = ReadBoundedInts(attrs, "pads", 0);
  if (op->window.kernel.empty()) attrs.Fail(CorruptFile("attribute 'kernel_shape' is required, but missing"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// Clip (ai.onnx 1, 6: float attributes; 11, 12, 13: inputs): min(max(x, low), high). If low > high, every element
// becomes high.
#include "ops/math/clip.h"

#include <limits>

#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

template <typename T>
struct Bounds {
  T low = std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  T high = std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
};

template <typename T>
struct ClipOf {
  explicit ClipOf(const void* params) : bounds(*static_cast<const Bounds<T>*>(params)) {}
  T operator()(T x) const {
    const T raised = x < bounds.low ? bounds.low : x;
    return raised > bounds.high ? bounds.high : raised;
  }
  const Bounds<T> bounds;
};

constexpr UnaryLoops kClipLoops = {.f32 = FastMapLoop<float, float, ClipOf<float>>,
                                   .f64 = MapLoop<double, double, ClipOf<double>>,
                                   .i32 = MapLoop<int32_t, int32_t, ClipOf<int32_t>>,
                                   .u32 = MapLoop<uint32_t, uint32_t, ClipOf<uint32_t>>,
                                   .i64 = MapLoop<int64_t, int64_t, ClipOf<int64_t>>,
                                   .u64 = MapLoop<uint64_t, uint64_t, ClipOf<uint64_t>>};

// One bound: a tensor with one element of x's dtype.
Status ReadBound(OpContext& ctx, size_t input, DType dtype, void* bound) {
  if (!ctx.HasInput(input)) return OkStatus();
  const Tensor& tensor = ctx.Input(input);
  if (tensor.dtype() != dtype || tensor.element_count() != 1) {
    return InvalidArgument("input ", input, " (", input == 1 ? "min" : "max", "): expected one ", DTypeName(dtype),
                           ", got ", tensor.ToString());
  }
  Widen(dtype, tensor.bytes(), bound, 1);
  return OkStatus();
}

template <typename T>
Status RunWith(OpContext& ctx, Bounds<T> bounds) {
  ONEDGE_RETURN_IF_ERROR(ReadBound(ctx, 1, ctx.Input(0).dtype(), &bounds.low));
  ONEDGE_RETURN_IF_ERROR(ReadBound(ctx, 2, ctx.Input(0).dtype(), &bounds.high));
  return RunUnary(ctx, kClipLoops, &bounds);
}

}  // namespace

Status Clip::InferShapes(ShapeContext& ctx) const {
  for (size_t i = 1; i < ctx.input_count(); ++i) {
    const DType dtype = ctx.InputDType(i);
    if (dtype != DType::kUndefined && ctx.InputDType(0) != DType::kUndefined && dtype != ctx.InputDType(0)) {
      return InvalidArgument("input ", i, ": expected ", DTypeName(ctx.InputDType(0)), " like input 0, got ",
                             DTypeName(dtype));
    }
  }
  return InferUnary(ctx, kClipLoops);
}

Status Clip::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  switch (ComputeOf(ctx.Input(0).dtype())) {
    case Compute::kFloat32:
      return RunWith<float>(ctx, {low, high});
    case Compute::kFloat64:
      return RunWith<double>(ctx, {low, high});
    case Compute::kInt32:
      return RunWith<int32_t>(ctx, {});
    case Compute::kUint32:
      return RunWith<uint32_t>(ctx, {});
    case Compute::kInt64:
      return RunWith<int64_t>(ctx, {});
    case Compute::kUint64:
      return RunWith<uint64_t>(ctx, {});
    case Compute::kNone:
      break;
  }
  return UnsupportedDType(0, ctx.Input(0).dtype());
}

template <>
Result<OpPtr> Parse<Clip>(AttributeReader& attrs) {
  auto op = std::make_unique<Clip>();
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  if (attrs.opset() < 11) {
    op->low = attrs.Float("min", op->low);
    op->high = attrs.Float("max", op->high);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

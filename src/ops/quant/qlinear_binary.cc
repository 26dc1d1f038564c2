// QLinearAdd and QLinearMul (com.microsoft 1): dequantizes two tensors of bytes, adds or multiplies them with
// broadcasting, and quantizes the result: the bits of DequantizeLinear, Add (Mul) and QuantizeLinear.
#include "ops/math/broadcast.h"
#include "ops/quant/byte_lanes.h"
#include "ops/quant/requantize.h"

namespace onedge::ops {
namespace {

// a, a_scale, a_zero_point, b, b_scale, b_zero_point, y_scale, y_zero_point: the zero points are optional.
Result<ByteDequantizer> ReadOperand(const OpContext& ctx, size_t values) {
  const Tensor& tensor = ctx.Input(values);
  if (!IsByte(tensor.dtype()) || tensor.dtype() != ctx.Input(0).dtype()) {
    return InvalidArgument("input ", values, ": expected int8 or uint8, the same for both, got ",
                           DTypeName(tensor.dtype()));
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto scale, FloatInput(ctx, values + 1));
  if (scale.size() != 1) return InvalidArgument("input ", values + 1, ": expected one scale, got ", scale.size());
  ByteDequantizer out{tensor.dtype() == DType::kInt8, 0, scale[0]};
  if (ctx.HasInput(values + 2)) {
    ONEDGE_ASSIGN_OR_RETURN(const OutputQuantization zero_point, ReadOutputQuantization(ctx, values + 2));
    if (zero_point.dtype != tensor.dtype()) {
      return InvalidArgument("input ", values + 2, ": expected a zero point of ", DTypeName(tensor.dtype()), ", got ",
                             DTypeName(zero_point.dtype));
    }
    out.zero_point = zero_point.zero_point;
  }
  return out;
}

template <typename Combine>
Status RunQLinearBinary(OpContext& ctx, const Combine& combine) {
  for (size_t i : {0, 1, 3, 4, 6}) {
    if (!ctx.HasInput(i)) return InvalidArgument("input ", i, " is missing");
  }
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& a = ctx.Input(0);
  const Tensor& b = ctx.Input(3);
  ONEDGE_ASSIGN_OR_RETURN(const ByteDequantizer from_a, ReadOperand(ctx, 0));
  ONEDGE_ASSIGN_OR_RETURN(const ByteDequantizer from_b, ReadOperand(ctx, 3));
  ONEDGE_ASSIGN_OR_RETURN(const auto scale, FloatInput(ctx, 6));
  if (scale.size() != 1) return InvalidArgument("input 6: expected one scale, got ", scale.size());
  ByteQuantizer to{a.dtype() == DType::kInt8, 0, scale[0]};
  if (ctx.HasInput(7)) {
    ONEDGE_ASSIGN_OR_RETURN(const OutputQuantization zero_point, ReadOutputQuantization(ctx, 7));
    if (zero_point.dtype != a.dtype()) {
      return InvalidArgument("input 7: expected a zero point of ", DTypeName(a.dtype()), ", got ",
                             DTypeName(zero_point.dtype));
    }
    to.zero_point = zero_point.zero_point;
  }
  const Shape* shapes[] = {&a.shape(), &b.shape()};
  ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
  ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, a.dtype(), shape));
  const BroadcastPlan plan = PlanBroadcast(shape, shapes);
  const bool a_moves = plan.vector(0), b_moves = plan.vector(1);
  ForEachRow(ctx.threads(), plan, [&](const int64_t* offsets, int64_t out, int64_t count) {
    const uint8_t* at_a = a.bytes() + offsets[0];
    const uint8_t* at_b = b.bytes() + offsets[1];
    uint8_t* at_y = y->mutable_bytes() + out;
    uint8_t rest_a[kByteLanes] = {}, rest_b[kByteLanes] = {}, rest_y[kByteLanes];
    if (!a_moves) std::fill_n(rest_a, kByteLanes, *at_a);
    if (!b_moves) std::fill_n(rest_b, kByteLanes, *at_b);
    ForByteLanes(static_cast<size_t>(count), [&](size_t i, size_t lanes) {
      const bool whole = lanes == kByteLanes;
      if (!whole && a_moves) std::copy_n(at_a + i, lanes, rest_a);
      if (!whole && b_moves) std::copy_n(at_b + i, lanes, rest_b);
      to(combine(from_a(whole && a_moves ? at_a + i : rest_a), from_b(whole && b_moves ? at_b + i : rest_b)),
         whole ? at_y + i : rest_y);
      if (!whole) std::copy_n(rest_y, lanes, at_y + i);
    });
  });
  return OkStatus();
}

Status InferQLinearBinary(ShapeContext& ctx) {
  for (size_t i : {0, 1, 3, 4, 6}) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
  std::optional<Dims> out;
  if (ctx.InputDims(0) && ctx.InputDims(3)) {
    ONEDGE_ASSIGN_OR_RETURN(out, BroadcastDims(*ctx.InputDims(0), *ctx.InputDims(3)));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

}  // namespace

struct QLinearAdd final : Op {
  Status InferShapes(ShapeContext& ctx) const override { return InferQLinearBinary(ctx); }
  Status Run(OpContext& ctx) const override {
    return RunQLinearBinary(ctx, [](F32x8 a, F32x8 b) __attribute__((always_inline)) { return a + b; });
  }
};

struct QLinearMul final : Op {
  Status InferShapes(ShapeContext& ctx) const override { return InferQLinearBinary(ctx); }
  Status Run(OpContext& ctx) const override {
    return RunQLinearBinary(ctx, [](F32x8 a, F32x8 b) __attribute__((always_inline)) { return a * b; });
  }
};

template <>
Result<OpPtr> Parse<QLinearAdd>(AttributeReader&) {
  return OpPtr(std::make_unique<QLinearAdd>());
}

template <>
Result<OpPtr> Parse<QLinearMul>(AttributeReader&) {
  return OpPtr(std::make_unique<QLinearMul>());
}

}  // namespace onedge::ops

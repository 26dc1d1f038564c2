#include "ops/math/elementwise.h"

#include <cstring>

#include "ops/math/float8.h"
#include "ops/math/half_row.h"
#include "tensor/half.h"

namespace onedge::ops {
namespace {

constexpr size_t kStackChunk = 256;  // elements widened at a time

template <typename From, typename To>
[[clang::minsize]] void Convert(const void* from, void* to, size_t count) {
  const From* in = static_cast<const From*>(from);
  To* out = static_cast<To*>(to);
  for (size_t i = 0; i < count; ++i) out[i] = static_cast<To>(in[i]);
}

// One input of a row, at the address where the loop reads it, widened if necessary.
const void* Operand(const Tensor& tensor, int64_t offset, size_t bytes, bool direct, bool vector, size_t count,
                    void* buffer) {
  const uint8_t* from = tensor.bytes() + static_cast<size_t>(offset) * bytes;
  if (direct) return from;
  Widen(tensor.dtype(), from, buffer, vector ? count : 1);
  return buffer;
}

struct UnaryOp final : Unary {
  UnaryOp(const UnaryLoops& table, Activation which) : loops(table), params{which.alpha, which.beta} {
    activation = which;
  }
  Status InferShapes(ShapeContext& ctx) const override { return InferUnary(ctx, loops); }
  Status Run(OpContext& ctx) const override { return RunUnary(ctx, loops, params); }
  const UnaryLoops loops;
  const float params[2];
};

struct BinaryOp final : Op {
  BinaryOp(const BinaryLoops& table, const LegacyBroadcast& old) : loops(table), legacy(old) {}
  Status InferShapes(ShapeContext& ctx) const override { return InferBinary(ctx, loops, legacy); }
  Status Run(OpContext& ctx) const override { return RunBinary(ctx, loops, legacy); }
  const BinaryLoops loops;
  const LegacyBroadcast legacy;
};

}  // namespace

Compute ComputeOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kFloat16:
    case DType::kBfloat16:
    case DType::kFloat8E4M3Fn:
    case DType::kFloat8E4M3Fnuz:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2Fnuz:
      return Compute::kFloat32;
    case DType::kFloat64:
      return Compute::kFloat64;
    case DType::kInt8:
    case DType::kInt16:
    case DType::kInt32:
      return Compute::kInt32;
    case DType::kUint8:
    case DType::kUint16:
    case DType::kUint32:
    case DType::kBool:
      return Compute::kUint32;
    case DType::kInt64:
      return Compute::kInt64;
    case DType::kUint64:
      return Compute::kUint64;
    default:
      return Compute::kNone;
  }
}

bool IsComputedDirectly(DType dtype) { return DTypeBits(dtype) >= 32; }

void Widen(DType dtype, const uint8_t* from, void* to, size_t count) {
  float* floats = static_cast<float*>(to);
  switch (dtype) {
    case DType::kFloat16:
      WidenRow(reinterpret_cast<const Float16*>(from), floats, count);
      return;
    case DType::kBfloat16:
      for (size_t i = 0; i < count; ++i) floats[i] = ToFloat(reinterpret_cast<const Bfloat16*>(from)[i]);
      return;
    case DType::kInt8:
      return Convert<int8_t, int32_t>(from, to, count);
    case DType::kInt16:
      return Convert<int16_t, int32_t>(from, to, count);
    case DType::kBool:
    case DType::kUint8:
      return Convert<uint8_t, uint32_t>(from, to, count);
    case DType::kUint16:
      return Convert<uint16_t, uint32_t>(from, to, count);
    case DType::kFloat8E4M3Fn:
    case DType::kFloat8E4M3Fnuz:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2Fnuz: {
      const SmallFloat format = SmallFloatOf(dtype);
      for (size_t i = 0; i < count; ++i) floats[i] = SmallToFloat(from[i], format);
      return;
    }
    default:
      std::memcpy(to, from, count * DTypeBits(dtype) / 8);
  }
}

void Narrow(DType dtype, const void* from, uint8_t* to, size_t count) {
  const float* floats = static_cast<const float*>(from);
  switch (dtype) {
    case DType::kFloat16:
      NarrowRow(floats, reinterpret_cast<Float16*>(to), count);
      return;
    case DType::kBfloat16:
      for (size_t i = 0; i < count; ++i) reinterpret_cast<Bfloat16*>(to)[i] = ToBfloat16(floats[i]);
      return;
    case DType::kBool:
    case DType::kInt8:
    case DType::kUint8:
      return Convert<uint32_t, uint8_t>(from, to, count);
    case DType::kInt16:
    case DType::kUint16:
      return Convert<uint32_t, uint16_t>(from, to, count);
    case DType::kFloat8E4M3Fn:
    case DType::kFloat8E4M3Fnuz:
    case DType::kFloat8E5M2:
    case DType::kFloat8E5M2Fnuz: {
      const SmallFloat format = SmallFloatOf(dtype);
      for (size_t i = 0; i < count; ++i) to[i] = SmallFromFloat(floats[i], format, true);
      return;
    }
    default:
      std::memcpy(to, from, count * DTypeBits(dtype) / 8);
  }
}

Status UnsupportedDType(size_t input, DType dtype) {
  return Unsupported("input ", input, ": this operator is not defined for ", DTypeName(dtype));
}

Status InferUnary(ShapeContext& ctx, const UnaryLoops& loops) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  const DType dtype = ctx.InputDType(0);
  if (dtype != DType::kUndefined && !loops.For(dtype)) return UnsupportedDType(0, dtype);
  const Dims* dims = ctx.InputDims(0);
  ctx.SetOutput(0, loops.to_bool ? DType::kBool : dtype, dims ? std::optional<Dims>(*dims) : std::nullopt);
  return OkStatus();
}

Status RunUnary(OpContext& ctx, const UnaryLoops& loops, const void* params) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Tensor& x = ctx.Input(0);
  if (!loops.For(x.dtype())) return UnsupportedDType(0, x.dtype());
  ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, loops.to_bool ? DType::kBool : x.dtype(), x.shape()));
  ApplyUnary(ctx.threads(), x, *y, loops, params);
  return OkStatus();
}

void ApplyUnary(ThreadPool* pool, const Tensor& x, Tensor& y, const UnaryLoops& loops, const void* params) {
  const UnaryLoop loop = loops.For(x.dtype());
  ONEDGE_DCHECK(loop && x.element_count() == y.element_count());
  const size_t x_bytes = DTypeBits(x.dtype()) / 8;
  const size_t y_bytes = DTypeBits(y.dtype()) / 8;
  ForChunks(pool, x.element_count(), [&](int64_t begin, int64_t count) {
    const uint8_t* from = x.bytes() + static_cast<size_t>(begin) * x_bytes;
    uint8_t* to = y.mutable_bytes() + static_cast<size_t>(begin) * y_bytes;
    if (IsComputedDirectly(x.dtype())) return loop(from, to, static_cast<size_t>(count), params);
    alignas(16) uint32_t wide[kStackChunk];
    for (size_t left = static_cast<size_t>(count); left > 0;) {
      const size_t n = std::min(left, kStackChunk);
      Widen(x.dtype(), from, wide, n);
      if (loops.to_bool) {
        loop(wide, to, n, params);
      } else {
        loop(wide, wide, n, params);
        Narrow(y.dtype(), wide, to, n);
      }
      from += n * x_bytes;
      to += n * y_bytes;
      left -= n;
    }
  });
}

void ApplyBinary(ThreadPool* pool, const Tensor& a, const Shape& a_shape, const Tensor& b, const Shape& b_shape,
                 Tensor& y, const BinaryLoops& loops, const void* params) {
  const BinaryLoop loop = loops.For(a.dtype());
  ONEDGE_DCHECK(loop && a.dtype() == b.dtype());
  const size_t bytes = DTypeBits(a.dtype()) / 8;
  const size_t y_bytes = DTypeBits(y.dtype()) / 8;
  const bool direct = IsComputedDirectly(a.dtype());
  const Shape* shapes[] = {&a_shape, &b_shape};
  const BroadcastPlan plan = PlanBroadcast(y.shape(), shapes);
  const bool a_vector = plan.vector(0);
  const bool b_vector = plan.vector(1);
  ForEachRow(pool, plan, [&](const int64_t* offsets, int64_t out, int64_t count) {
    alignas(16) uint32_t wide[3][kStackChunk];
    const int64_t step = direct ? count : static_cast<int64_t>(kStackChunk);
    for (int64_t done = 0; done < count; done += step) {
      const size_t n = static_cast<size_t>(std::min(step, count - done));
      const void* left = Operand(a, offsets[0] + (a_vector ? done : 0), bytes, direct, a_vector, n, wide[0]);
      const void* right = Operand(b, offsets[1] + (b_vector ? done : 0), bytes, direct, b_vector, n, wide[1]);
      uint8_t* to = y.mutable_bytes() + static_cast<size_t>(out + done) * y_bytes;
      if (direct || loops.to_bool) {
        loop(left, !a_vector, right, !b_vector, to, n, params);
      } else {
        loop(left, !a_vector, right, !b_vector, wide[2], n, params);
        Narrow(y.dtype(), wide[2], to, n);
      }
    }
  });
}

Status InferBinary(ShapeContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  for (size_t i = 0; i < 2; ++i) {
    const DType dtype = ctx.InputDType(i);
    if (dtype != DType::kUndefined && !loops.For(dtype)) return UnsupportedDType(i, dtype);
  }
  DType dtype = ctx.InputDType(0);
  if (dtype == DType::kUndefined) dtype = ctx.InputDType(1);
  if (ctx.InputDType(1) != DType::kUndefined && ctx.InputDType(1) != dtype) {
    return InvalidArgument("inputs 0 and 1: expected one dtype, got ", DTypeName(dtype), " and ",
                           DTypeName(ctx.InputDType(1)));
  }
  std::optional<Dims> dims;
  const Dims* a = ctx.InputDims(0);
  const Dims* b = ctx.InputDims(1);
  if (a && b) {
    ONEDGE_ASSIGN_OR_RETURN(const Dims aligned, legacy.Align(*a, *b));
    ONEDGE_ASSIGN_OR_RETURN(dims, BroadcastDims(*a, aligned));
  }
  ctx.SetOutput(0, loops.to_bool ? DType::kBool : dtype, std::move(dims));
  return OkStatus();
}

Status RunBinary(OpContext& ctx, const BinaryLoops& loops, const LegacyBroadcast& legacy, const void* params) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& a = ctx.Input(0);
  const Tensor& b = ctx.Input(1);
  if (!loops.For(a.dtype())) return UnsupportedDType(0, a.dtype());
  if (a.dtype() != b.dtype()) {
    return InvalidArgument("inputs 0 and 1: expected one dtype, got ", a.ToString(), " and ", b.ToString());
  }
  ONEDGE_ASSIGN_OR_RETURN(const Shape b_shape, legacy.Align(a.shape(), b.shape()));
  const Shape* shapes[] = {&a.shape(), &b_shape};
  ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
  ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, loops.to_bool ? DType::kBool : a.dtype(), shape));
  ApplyBinary(ctx.threads(), a, a.shape(), b, b_shape, *y, loops, params);
  return OkStatus();
}

Result<OpPtr> MakeUnary(AttributeReader& attrs, const UnaryLoops& loops, Activation activation) {
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  return OpPtr(std::make_unique<UnaryOp>(loops, activation));
}

Result<OpPtr> MakeBinary(AttributeReader& attrs, const BinaryLoops& loops) {
  return OpPtr(std::make_unique<BinaryOp>(loops, LegacyBroadcast::Read(attrs)));
}

}  // namespace onedge::ops

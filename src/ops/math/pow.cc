// Pow (ai.onnx 1, 7, 12, 13, 15): base to the power of the exponent, with broadcasting, in the base's dtype. From opset
// 12 the exponent may have another dtype; then integers compute in int64 and all others in float64.
#include <cmath>

#include "ops/math/convert.h"
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

struct PowOf : Plain {
  using Plain::Plain;
  // Computed in double, which rounds to the same float on almost every host and input.
  float operator()(float a, float b) const {
    return static_cast<float>(std::pow(static_cast<double>(a), static_cast<double>(b)));
  }
  double operator()(double a, double b) const { return std::pow(a, b); }
  // Integers wrap; a negative exponent gives 1 / a^|b|, truncated, and 0 for base 0.
  template <typename T>
    requires std::is_integral_v<T>
  T operator()(T a, T b) const {
    using U = std::make_unsigned_t<T>;
    if (b < 0) return a == 1 ? 1 : a == static_cast<T>(-1) ? (b & 1 ? static_cast<T>(-1) : 1) : 0;
    U result = 1;
    U square = static_cast<U>(a);
    for (U rest = static_cast<U>(b); rest != 0; rest >>= 1) {
      if (rest & 1) result *= square;
      square *= square;
    }
    return static_cast<T>(result);
  }
};

struct SquareOf : Plain {
  using Plain::Plain;
  float operator()(float a) const { return a * a; }
};
struct CubeOf : Plain {
  using Plain::Plain;
  float operator()(float a) const { return a * a * a; }
};
// +0 for -0 and infinity for -infinity, like pow.
struct RootOf : Plain {
  using Plain::Plain;
  float operator()(float a) const { return a == -__builtin_inff() ? -a : __builtin_elementwise_sqrt(a + 0.0f); }
};

// Most models use a single number as exponent: square, cube and square root need no pow.
void PowLoop(const void* a, bool a_scalar, const void* b, bool b_scalar, void* y, size_t count, const void* params) {
  const float exponent = *static_cast<const float*>(b);
  if (b_scalar && !a_scalar && exponent == 2) return FastMapLoop<float, float, SquareOf>(a, y, count, params);
  if (b_scalar && !a_scalar && exponent == 3) return FastMapLoop<float, float, CubeOf>(a, y, count, params);
  if (b_scalar && !a_scalar && exponent == 0.5f) return FastMapLoop<float, float, RootOf>(a, y, count, params);
  ZipLoop<float, float, PowOf>(a, a_scalar, b, b_scalar, y, count, params);
}

constexpr BinaryLoops kPowLoops = {.f32 = PowLoop,
                                   .f64 = ZipLoop<double, double, PowOf>,
                                   .i32 = ZipLoop<int32_t, int32_t, PowOf>,
                                   .u32 = ZipLoop<uint32_t, uint32_t, PowOf>,
                                   .i64 = ZipLoop<int64_t, int64_t, PowOf>,
                                   .u64 = ZipLoop<uint64_t, uint64_t, PowOf>};

}  // namespace

struct Pow final : Op {
  explicit Pow(const LegacyBroadcast& old) : legacy(old) {}

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 2; ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      const DType dtype = ctx.InputDType(i);
      if (dtype != DType::kUndefined && !kPowLoops.For(dtype)) return UnsupportedDType(i, dtype);
    }
    const Dims* a = ctx.InputDims(0);
    const Dims* b = ctx.InputDims(1);
    std::optional<Dims> dims;
    if (a && b) {
      ONEDGE_ASSIGN_OR_RETURN(const Dims aligned, legacy.Align(*a, *b));
      ONEDGE_ASSIGN_OR_RETURN(dims, BroadcastDims(*a, aligned));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // base: any number, exponent: any number -> their broadcast, of base's dtype
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& base = ctx.Input(0);
    const Tensor& exponent = ctx.Input(1);
    if (base.dtype() == exponent.dtype()) return RunBinary(ctx, kPowLoops, legacy);
    for (size_t i = 0; i < 2; ++i) {
      if (!kPowLoops.For(ctx.Input(i).dtype())) return UnsupportedDType(i, ctx.Input(i).dtype());
    }
    ONEDGE_ASSIGN_OR_RETURN(const Shape exponent_shape, legacy.Align(base.shape(), exponent.shape()));
    const Shape* shapes[] = {&base.shape(), &exponent_shape};
    ONEDGE_ASSIGN_OR_RETURN(const Shape shape, BroadcastAll(shapes));
    // A float32 base with a single exponent that fits float32 computes in float32.
    const bool single = base.dtype() == DType::kFloat32 && exponent.element_count() == 1;
    const bool integers = IsInteger(base.dtype()) && IsInteger(exponent.dtype());
    const DType dtype = single ? DType::kFloat32 : integers ? DType::kInt64 : DType::kFloat64;
    ONEDGE_ASSIGN_OR_RETURN(const Tensor a, ConvertedTo(dtype, base, ctx.threads(), ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor b, ConvertedTo(dtype, exponent, ctx.threads(), ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, base.dtype(), shape));
    if (y->dtype() == dtype) {
      ApplyBinary(ctx.threads(), a, a.shape(), b, exponent_shape, *y, kPowLoops, nullptr);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor wide, Tensor::Allocate(dtype, shape, ctx.budget()));
    ApplyBinary(ctx.threads(), a, a.shape(), b, exponent_shape, wide, kPowLoops, nullptr);
    return ConvertElements(ctx.threads(), wide, *y);
  }

  const LegacyBroadcast legacy;
};

template <>
Result<OpPtr> Parse<Pow>(AttributeReader& attrs) {
  return OpPtr(std::make_unique<Pow>(LegacyBroadcast::Read(attrs)));
}

}  // namespace onedge::ops

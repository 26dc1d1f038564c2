// Elementwise functions of one input (ai.onnx): Abs Neg Sign Ceil Floor Round Sqrt Reciprocal Exp Log Erf, the
// trigonometric and hyperbolic functions, IsNaN, IsInf, Not and BitwiseNot. y has the shape of x; float16 and bfloat16
// compute in float32.
#include <cmath>

#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

using lanes::CopySign;
using lanes::Splat;

// Nearest integer, ties to even. Every float beyond 2^23 is an integer.
template <typename V>
V RoundLanes(V x) {
  const V shift = CopySign(Splat<V>(0x1p23f), x);
  return lanes::Abs(x) < 0x1p23f ? CopySign((x + shift) - shift, x) : x;
}

struct AbsOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Abs(x); }
  double operator()(double x) const { return std::fabs(x); }
  int32_t operator()(int32_t x) const {
    return static_cast<int32_t>(x < 0 ? 0u - static_cast<uint32_t>(x) : static_cast<uint32_t>(x));
  }
  int64_t operator()(int64_t x) const {
    return static_cast<int64_t>(x < 0 ? uint64_t{0} - static_cast<uint64_t>(x) : static_cast<uint64_t>(x));
  }
  uint32_t operator()(uint32_t x) const { return x; }
  uint64_t operator()(uint64_t x) const { return x; }
};

struct NegOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return -x; }
  double operator()(double x) const { return -x; }
  int32_t operator()(int32_t x) const { return static_cast<int32_t>(0u - static_cast<uint32_t>(x)); }
  int64_t operator()(int64_t x) const { return static_cast<int64_t>(uint64_t{0} - static_cast<uint64_t>(x)); }
};

// NaN stays NaN, as in NumPy.
struct SignOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T x) const {
    return x > T{0} ? T{1} : x == T{0} ? T{0} : x == x ? static_cast<T>(-1) : x;
  }
};

struct CeilOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const {
    const F32x4 r = RoundLanes(x);
    return CopySign(r < x ? r + 1.0f : r, x);
  }
  double operator()(double x) const { return std::ceil(x); }
};

struct FloorOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const {
    const F32x4 r = RoundLanes(x);
    return r > x ? r - 1.0f : r;
  }
  double operator()(double x) const { return std::floor(x); }
};

struct RoundOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return RoundLanes(x); }
  double operator()(double x) const { return std::nearbyint(x); }
};

struct SqrtOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return __builtin_elementwise_sqrt(x); }
  double operator()(double x) const { return std::sqrt(x); }
};

struct ReciprocalOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return 1.0f / x; }
  double operator()(double x) const { return 1.0 / x; }
};

struct ExpOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Exp(x); }
  double operator()(double x) const { return std::exp(x); }
};

struct LogOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Log(x); }
  double operator()(double x) const { return std::log(x); }
};

struct ErfOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Erf(x); }
  double operator()(double x) const { return std::erf(x); }
};

struct TanhOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Tanh(x); }
  double operator()(double x) const { return std::tanh(x); }
};

struct IsNanOf : Plain {
  using Plain::Plain;
  template <typename T>
  uint8_t operator()(T x) const {
    return x != x;
  }
};

// params: {detect_positive, detect_negative}
struct IsInfOf {
  explicit IsInfOf(const void* params) : detect(static_cast<const float*>(params)) {}
  template <typename T>
  uint8_t operator()(T x) const {
    return std::isinf(x) && detect[x < 0] != 0;
  }
  const float* detect;
};

struct NotOf : Plain {
  using Plain::Plain;
  uint8_t operator()(uint32_t x) const { return x == 0; }
};

struct BitwiseNotOf : Plain {
  using Plain::Plain;
  template <typename T>
  T operator()(T x) const {
    return static_cast<T>(~x);
  }
};

// A rare function, computed by the C library in double; for float32 it rounds to the same bits almost everywhere.
struct LibraryFunction final : Op {
  using Function = double (*)(double);
  explicit LibraryFunction(Function chosen) : function(chosen) {}

  template <typename T>
  [[clang::minsize]] static void Loop(const void* x, void* y, size_t count, const void* params) {
    const Function f = *static_cast<const Function*>(params);
    for (size_t i = 0; i < count; ++i) {
      static_cast<T*>(y)[i] = static_cast<T>(f(static_cast<double>(static_cast<const T*>(x)[i])));
    }
  }
  static constexpr UnaryLoops kUnaryLoops = {.f32 = Loop<float>, .f64 = Loop<double>};

  Status InferShapes(ShapeContext& ctx) const override { return InferUnary(ctx, kUnaryLoops); }
  Status Run(OpContext& ctx) const override { return RunUnary(ctx, kUnaryLoops, &function); }

  const Function function;
};

Result<OpPtr> MakeLibraryFunction(LibraryFunction::Function f) { return OpPtr(std::make_unique<LibraryFunction>(f)); }

template <typename F>
constexpr UnaryLoops IntegerLoops() {
  return {.i32 = MapLoop<int32_t, int32_t, F>,
          .u32 = MapLoop<uint32_t, uint32_t, F>,
          .i64 = MapLoop<int64_t, int64_t, F>,
          .u64 = MapLoop<uint64_t, uint64_t, F>};
}

template <typename F>
constexpr UnaryLoops NumericLoops(UnaryLoop f32) {
  UnaryLoops loops = IntegerLoops<F>();
  loops.f32 = f32;
  loops.f64 = MapLoop<double, double, F>;
  return loops;
}

}  // namespace

// clang-format off
template <> Result<OpPtr> Parse<struct Abs>(AttributeReader& attrs) { return MakeUnary(attrs, NumericLoops<AbsOf>(LaneLoop<AbsOf>)); }
template <> Result<OpPtr> Parse<struct Sign>(AttributeReader& attrs) { return MakeUnary(attrs, NumericLoops<SignOf>(FastMapLoop<float, float, SignOf>)); }
template <> Result<OpPtr> Parse<struct Neg>(AttributeReader& attrs) {
  return MakeUnary(attrs, {.f32 = LaneLoop<NegOf>, .f64 = MapLoop<double, double, NegOf>,
                           .i32 = MapLoop<int32_t, int32_t, NegOf>, .i64 = MapLoop<int64_t, int64_t, NegOf>});
}
template <> Result<OpPtr> Parse<struct Ceil>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<CeilOf>()); }
template <> Result<OpPtr> Parse<struct Floor>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<FloorOf>()); }
template <> Result<OpPtr> Parse<struct Round>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<RoundOf>()); }
template <> Result<OpPtr> Parse<struct Sqrt>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<SqrtOf>()); }
template <> Result<OpPtr> Parse<struct Reciprocal>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<ReciprocalOf>()); }
template <> Result<OpPtr> Parse<struct Exp>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<ExpOf>()); }
template <> Result<OpPtr> Parse<struct Log>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<LogOf>()); }
template <> Result<OpPtr> Parse<struct Erf>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<ErfOf>()); }
template <> Result<OpPtr> Parse<struct Tanh>(AttributeReader& attrs) { return MakeUnary(attrs, FloatLaneLoops<TanhOf>(), Activation::kTanh); }

template <> Result<OpPtr> Parse<struct Sin>(AttributeReader&) { return MakeLibraryFunction(std::sin); }
template <> Result<OpPtr> Parse<struct Cos>(AttributeReader&) { return MakeLibraryFunction(std::cos); }
template <> Result<OpPtr> Parse<struct Tan>(AttributeReader&) { return MakeLibraryFunction(std::tan); }
template <> Result<OpPtr> Parse<struct Asin>(AttributeReader&) { return MakeLibraryFunction(std::asin); }
template <> Result<OpPtr> Parse<struct Acos>(AttributeReader&) { return MakeLibraryFunction(std::acos); }
template <> Result<OpPtr> Parse<struct Atan>(AttributeReader&) { return MakeLibraryFunction(std::atan); }
template <> Result<OpPtr> Parse<struct Sinh>(AttributeReader&) { return MakeLibraryFunction(std::sinh); }
template <> Result<OpPtr> Parse<struct Cosh>(AttributeReader&) { return MakeLibraryFunction(std::cosh); }
template <> Result<OpPtr> Parse<struct Asinh>(AttributeReader&) { return MakeLibraryFunction(std::asinh); }
template <> Result<OpPtr> Parse<struct Acosh>(AttributeReader&) { return MakeLibraryFunction(std::acosh); }
template <> Result<OpPtr> Parse<struct Atanh>(AttributeReader&) { return MakeLibraryFunction(std::atanh); }
// clang-format on

template <>
Result<OpPtr> Parse<struct IsNaN>(AttributeReader& attrs) {
  return MakeUnary(attrs, {.f32 = MapLoop<float, uint8_t, IsNanOf>,
                           .f64 = MapLoop<double, uint8_t, IsNanOf>,
                           .float8 = attrs.opset() >= 20,
                           .to_bool = true});
}

template <>
Result<OpPtr> Parse<struct IsInf>(AttributeReader& attrs) {
  const float positive = attrs.Int("detect_positive", 1) != 0;
  const float negative = attrs.Int("detect_negative", 1) != 0;
  const UnaryLoops loops = {.f32 = MapLoop<float, uint8_t, IsInfOf>,
                            .f64 = MapLoop<double, uint8_t, IsInfOf>,
                            .float8 = attrs.opset() >= 20,
                            .to_bool = true};
  return MakeUnary(attrs, loops, {Activation::kNone, positive, negative});
}

template <>
Result<OpPtr> Parse<struct Not>(AttributeReader& attrs) {
  return MakeUnary(attrs, {.u32 = MapLoop<uint32_t, uint8_t, NotOf>, .booleans_only = true, .to_bool = true});
}

template <>
Result<OpPtr> Parse<struct BitwiseNot>(AttributeReader& attrs) {
  return MakeUnary(attrs, IntegerLoops<BitwiseNotOf>());
}

}  // namespace onedge::ops

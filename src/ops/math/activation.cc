// Activations (ai.onnx and com.microsoft): elementwise functions of one input with at most two float attributes.
// float32 runs in vector lanes with the same bits on every host, float64 through the C library, 16-bit floats through
// float32.
#include <cmath>
#include <limits>

#include "ops/math/activate.h"
#include "ops/math/loops.h"

namespace onedge::ops {
namespace {

// params: {alpha, beta}
struct WithParams {
  explicit WithParams(const void* params)
      : alpha(static_cast<const float*>(params)[0]), beta(static_cast<const float*>(params)[1]) {}
  float alpha;
  float beta;
};

double Softplus64(double x) { return std::fmax(x, 0.0) + std::log1p(std::exp(-std::fabs(x))); }

// One that fused operators apply, too.
template <Activation::Kind kKind>
struct ActivationOf {
  explicit ActivationOf(const void* params) : activation(kKind) {
    if (!params) return;
    activation.alpha = static_cast<const float*>(params)[0];
    activation.beta = static_cast<const float*>(params)[1];
  }
  F32x4 operator()(F32x4 x) const { return lanes::Activate(activation, x); }
  double operator()(double x) const { return Activate(activation, x); }
  Activation activation;
};

struct ReluOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::AtLeast(x, 0.0f); }
  template <typename T>
  T operator()(T x) const {
    return x < T{0} ? T{0} : x;
  }
};

struct ThresholdedReluOf : WithParams {
  using WithParams::WithParams;
  F32x4 operator()(F32x4 x) const { return x > alpha ? x : F32x4{}; }
  double operator()(double x) const { return x > static_cast<double>(alpha) ? x : 0; }
};

struct EluOf : WithParams {
  using WithParams::WithParams;
  F32x4 operator()(F32x4 x) const { return x < 0.0f ? (lanes::Exp(x) - 1.0f) * alpha : x; }
  double operator()(double x) const { return x < 0 ? alpha * std::expm1(x) : x; }
};

// max(0, x) + min(0, alpha * (e^(x / alpha) - 1))
struct CeluOf : WithParams {
  using WithParams::WithParams;
  F32x4 operator()(F32x4 x) const {
    return lanes::AtLeast(x, 0.0f) + lanes::AtMost((lanes::Exp(x / alpha) - 1.0f) * alpha, 0.0f);
  }
  double operator()(double x) const { return (x < 0 ? 0 : x) + std::fmin(0.0, alpha * std::expm1(x / alpha)); }
};

// beta is gamma.
struct SeluOf : WithParams {
  using WithParams::WithParams;
  F32x4 operator()(F32x4 x) const { return beta * (x > 0.0f ? x : lanes::Exp(x) * alpha - alpha); }
  double operator()(double x) const { return beta * (x > 0 ? x : alpha * std::expm1(x)); }
};

struct SoftplusOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return lanes::Softplus(x); }
  double operator()(double x) const { return Softplus64(x); }
};

struct SoftsignOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return x / (lanes::Abs(x) + 1.0f); }
  double operator()(double x) const { return x / (std::fabs(x) + 1); }
};

struct MishOf : Plain {
  using Plain::Plain;
  F32x4 operator()(F32x4 x) const { return x * lanes::Tanh(lanes::Softplus(x)); }
  double operator()(double x) const { return x * std::tanh(Softplus64(x)); }
};

// alpha is lambd, beta is bias.
struct ShrinkOf : WithParams {
  using WithParams::WithParams;
  template <typename T>
  T operator()(T x) const {
    using Wide = std::conditional_t<std::is_same_v<T, float>, float, double>;
    const Wide wide = static_cast<Wide>(x);
    const Wide y = wide < -alpha ? wide + beta : wide > alpha ? wide - beta : Wide{0};
    if constexpr (std::is_floating_point_v<T>) return y;
    // Attributes may have any value: a value out of the integer's range becomes the nearest bound.
    return y != y                                                  ? T{0}
           : y <= static_cast<Wide>(std::numeric_limits<T>::min()) ? std::numeric_limits<T>::min()
           : y >= static_cast<Wide>(std::numeric_limits<T>::max()) ? std::numeric_limits<T>::max()
                                                                   : static_cast<T>(y);
  }
};

// y = gelu(x + bias); bias: [channels] of the last dimension, optional in FastGelu.
struct GeluOfSum final : Op {
  GeluOfSum(const UnaryLoops& table, bool required) : loops(table), bias_required(required) {}

  Status InferShapes(ShapeContext& ctx) const override {
    if (bias_required) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    return InferUnary(ctx, loops);
  }

  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(bias_required ? 2 : 1));
    if (!ctx.HasInput(1)) return RunUnary(ctx, loops);
    const Tensor& x = ctx.Input(0);
    const Tensor& bias = ctx.Input(1);
    if (!loops.For(x.dtype()) || bias.dtype() != x.dtype()) return UnsupportedDType(1, bias.dtype());
    if (x.rank() == 0 || bias.rank() != 1 || bias.dim(0) != x.dim(x.rank() - 1)) {
      return InvalidArgument("bias: expected the last dimension of ", x.shape(), ", got ", bias.shape());
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, x.dtype(), x.shape()));
    ApplyBinary(ctx.threads(), x, x.shape(), bias, bias.shape(), *y, kAdd, nullptr);
    ApplyUnary(ctx.threads(), *y, *y, loops, nullptr);
    return OkStatus();
  }

  struct AddOf : Plain {
    using Plain::Plain;
    template <typename T>
    T operator()(T a, T b) const {
      return a + b;
    }
  };
  static constexpr BinaryLoops kAdd = {.f32 = FastZipLoop<float, float, AddOf>, .f64 = ZipLoop<double, double, AddOf>};
  const UnaryLoops loops;
  const bool bias_required;
};

template <Activation::Kind kKind>
Result<OpPtr> MakeActivation(AttributeReader& attrs, float alpha = 0, float beta = 0) {
  return MakeUnary(attrs, FloatLaneLoops<ActivationOf<kKind>>(), {kKind, alpha, beta});
}

}  // namespace

template <>
Result<OpPtr> Parse<struct Relu>(AttributeReader& attrs) {
  return MakeUnary(attrs,
                   {.f32 = LaneLoop<ReluOf>,
                    .f64 = MapLoop<double, double, ReluOf>,
                    .i32 = MapLoop<int32_t, int32_t, ReluOf>,
                    .i64 = MapLoop<int64_t, int64_t, ReluOf>},
                   Activation::kRelu);
}

template <>
Result<OpPtr> Parse<struct LeakyRelu>(AttributeReader& attrs) {
  return MakeActivation<Activation::kLeakyRelu>(attrs, attrs.Float("alpha", 0.01f));
}

template <>
Result<OpPtr> Parse<struct ThresholdedRelu>(AttributeReader& attrs) {
  return MakeUnary(attrs, FloatLaneLoops<ThresholdedReluOf>(), {Activation::kNone, attrs.Float("alpha", 1.0f)});
}

template <>
Result<OpPtr> Parse<struct Elu>(AttributeReader& attrs) {
  return MakeUnary(attrs, FloatLaneLoops<EluOf>(), {Activation::kNone, attrs.Float("alpha", 1.0f)});
}

template <>
Result<OpPtr> Parse<struct Celu>(AttributeReader& attrs) {
  const float alpha = attrs.Float("alpha", 1.0f);
  if (alpha == 0) attrs.FailValue("alpha", "a number other than 0", "0");
  return MakeUnary(attrs, FloatLaneLoops<CeluOf>(), {Activation::kNone, alpha});
}

template <>
Result<OpPtr> Parse<struct Selu>(AttributeReader& attrs) {
  const bool first = attrs.opset() < 6;
  const float alpha = attrs.Float("alpha", first ? 1.6732f : 1.67326319217681884765625f);
  const float gamma = attrs.Float("gamma", first ? 1.0507f : 1.05070102214813232421875f);
  return MakeUnary(attrs, FloatLaneLoops<SeluOf>(), {Activation::kNone, alpha, gamma});
}

template <>
Result<OpPtr> Parse<struct Sigmoid>(AttributeReader& attrs) {
  return MakeActivation<Activation::kSigmoid>(attrs);
}

template <>
Result<OpPtr> Parse<struct HardSigmoid>(AttributeReader& attrs) {
  const float alpha = attrs.Float("alpha", 0.2f);
  return MakeActivation<Activation::kHardSigmoid>(attrs, alpha, attrs.Float("beta", 0.5f));
}

template <>
Result<OpPtr> Parse<struct HardSwish>(AttributeReader& attrs) {
  return MakeActivation<Activation::kHardSwish>(attrs);
}

template <>
Result<OpPtr> Parse<struct Softplus>(AttributeReader& attrs) {
  return MakeUnary(attrs, FloatLaneLoops<SoftplusOf>());
}

template <>
Result<OpPtr> Parse<struct Softsign>(AttributeReader& attrs) {
  return MakeUnary(attrs, FloatLaneLoops<SoftsignOf>());
}

template <>
Result<OpPtr> Parse<struct Mish>(AttributeReader& attrs) {
  return MakeUnary(attrs, FloatLaneLoops<MishOf>());
}

template <>
Result<OpPtr> Parse<struct Swish>(AttributeReader& attrs) {
  return MakeActivation<Activation::kSwish>(attrs, attrs.Float("alpha", 1.0f));
}

template <>
Result<OpPtr> Parse<struct QuickGelu>(AttributeReader& attrs) {
  return MakeActivation<Activation::kSwish>(attrs, attrs.Float("alpha", 1.702f));
}

// ai.onnx 20 has an attribute; com.microsoft does not.
template <>
Result<OpPtr> Parse<struct Gelu>(AttributeReader& attrs) {
  const std::string approximate = attrs.node().domain.empty() ? attrs.String("approximate", "none") : "none";
  if (approximate != "none" && approximate != "tanh") attrs.FailValue("approximate", "none or tanh", approximate);
  if (approximate == "tanh") return MakeActivation<Activation::kGeluTanh>(attrs);
  return MakeActivation<Activation::kGelu>(attrs);
}

template <>
Result<OpPtr> Parse<struct FastGelu>(AttributeReader&) {
  return OpPtr(std::make_unique<GeluOfSum>(FloatLaneLoops<ActivationOf<Activation::kGeluTanh>>(), false));
}

template <>
Result<OpPtr> Parse<struct BiasGelu>(AttributeReader&) {
  return OpPtr(std::make_unique<GeluOfSum>(FloatLaneLoops<ActivationOf<Activation::kGelu>>(), true));
}

template <>
Result<OpPtr> Parse<struct Shrink>(AttributeReader& attrs) {
  const float lambd = attrs.Float("lambd", 0.5f);
  const UnaryLoops loops = {.f32 = FastMapLoop<float, float, ShrinkOf>,
                            .f64 = MapLoop<double, double, ShrinkOf>,
                            .i32 = MapLoop<int32_t, int32_t, ShrinkOf>,
                            .u32 = MapLoop<uint32_t, uint32_t, ShrinkOf>,
                            .i64 = MapLoop<int64_t, int64_t, ShrinkOf>,
                            .u64 = MapLoop<uint64_t, uint64_t, ShrinkOf>};
  return MakeUnary(attrs, loops, {Activation::kNone, lambd, attrs.Float("bias", 0.0f)});
}

}  // namespace onedge::ops

#include "ops/math/activate.h"

#include <cmath>
#include <iterator>

namespace onedge::ops {
namespace {

// Indexed by Kind.
constexpr std::string_view kActivationNames[] = {"",          "Relu", "Gelu",        "GeluTanh",  "Tanh", "Sigmoid",
                                                 "LeakyRelu", "Clip", "HardSigmoid", "HardSwish", "Swish"};

double StableSigmoid(double x) {
  const double e = std::exp(-std::fabs(x));
  return (x < 0 ? e : 1) / (1 + e);
}
double Clamp64(double x, double low, double high) {
  const double raised = x < low ? low : x;
  return raised > high ? high : raised;
}

}  // namespace

std::string_view ActivationName(Activation::Kind kind) { return kActivationNames[kind]; }

Activation ReadActivation(AttributeReader& attrs) {
  const std::string name = attrs.String("activation", "");
  const float alpha = attrs.Float("activation_alpha", 0), beta = attrs.Float("activation_beta", 0);
  for (size_t i = 0; i < std::size(kActivationNames); ++i) {
    if (kActivationNames[i] == name) return {static_cast<Activation::Kind>(i), alpha, beta};
  }
  attrs.FailValue("activation", "the name of an activation, such as Relu", name);
  return {};
}

std::vector<graph::Attribute> AttributesOf(const Activation& activation) {
  if (!activation) return {};
  return {{"activation", std::string(ActivationName(activation.kind))},
          {"activation_alpha", activation.alpha},
          {"activation_beta", activation.beta}};
}

void Activate(const Activation& activation, float* x, size_t count) {
  if (!activation) return;
  size_t i = 0;
  for (; i + 4 <= count; i += 4) lanes::Store(x + i, lanes::Activate(activation, lanes::Load<F32x4>(x + i)));
  // The rest also runs as a vector: the bits are the same, and one form is less code than two.
  if (i == count) return;
  float rest[4] = {};
  std::copy(x + i, x + count, rest);
  lanes::Store(rest, lanes::Activate(activation, lanes::Load<F32x4>(rest)));
  std::copy(rest, rest + (count - i), x + i);
}

double Activate(const Activation& activation, double x) {
  const double alpha = activation.alpha, beta = activation.beta;
  switch (activation.kind) {
    case Activation::kRelu:
      return x < 0 ? 0 : x;
    case Activation::kGelu:
      return 0.5 * x * (1 + std::erf(x * 0.70710678118654752440));
    case Activation::kGeluTanh:
      return 0.5 * x * (1 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
    case Activation::kTanh:
      return std::tanh(x);
    case Activation::kSigmoid:
      return StableSigmoid(x);
    case Activation::kLeakyRelu:
      return x < 0 ? x * alpha : x;
    case Activation::kClip:
      return Clamp64(x, alpha, beta);
    case Activation::kHardSigmoid:
      return Clamp64(x * alpha + beta, 0, 1);
    case Activation::kHardSwish:
      return x * Clamp64(x / 6 + 0.5, 0, 1);
    case Activation::kSwish:
      return x * StableSigmoid(x * alpha);
    case Activation::kNone:
      break;
  }
  return x;
}

void Activate(const Activation& activation, double* x, size_t count) {
  for (size_t i = 0; activation && i < count; ++i) x[i] = Activate(activation, x[i]);
}

}  // namespace onedge::ops

#include "ops/fused/activation.h"

#include <cmath>

#include "ops/math/transcendental.h"

namespace onedge::ops {
namespace {

// Whole vectors, then the rest one by one; both give the same bits.
template <typename Function>
void Apply(float* x, size_t count, const Function& function) {
  size_t i = 0;
  for (; i + 4 <= count; i += 4) lanes::Store(x + i, function(lanes::Load<F32x4>(x + i)));
  for (; i < count; ++i) x[i] = function(x[i]);
}
template <typename Function>
void Apply(double* x, size_t count, const Function& function) {
  for (size_t i = 0; i < count; ++i) x[i] = function(x[i]);
}

struct Functions {
  template <typename V>
  static V Relu(V x) {
    return lanes::AtLeast(x, 0.0f);
  }
  template <typename V>
  static V Gelu(V x) {
    return lanes::Gelu(x);
  }
  template <typename V>
  static V GeluTanh(V x) {
    return lanes::GeluTanh(x);
  }
  template <typename V>
  static V Tanh(V x) {
    return lanes::Tanh(x);
  }
  template <typename V>
  static V Sigmoid(V x) {
    return lanes::Sigmoid(x);
  }

  static double Relu(double x) { return x < 0 ? 0 : x; }
  static double Gelu(double x) { return 0.5 * x * (1 + std::erf(x * 0.70710678118654752440)); }
  static double GeluTanh(double x) {
    return 0.5 * x * (1 + std::tanh(0.79788456080286535588 * (x + 0.044715 * x * x * x)));
  }
  static double Tanh(double x) { return std::tanh(x); }
  static double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
};

}  // namespace

Activation ReadActivation(AttributeReader& attrs) {
  const std::string name = attrs.String("activation", "");
  if (name.empty()) return Activation::kNone;
  if (name == "Relu") return Activation::kRelu;
  if (name == "Gelu") return Activation::kGelu;
  if (name == "GeluTanh") return Activation::kGeluTanh;
  if (name == "Tanh") return Activation::kTanh;
  if (name == "Sigmoid") return Activation::kSigmoid;
  attrs.FailValue("activation", "one of Relu, Gelu, GeluTanh, Tanh, Sigmoid", name);
  return Activation::kNone;
}

template <typename T>
void Activate(Activation activation, T* x, size_t count) {
  switch (activation) {
    case Activation::kNone:
      return;
    case Activation::kRelu:
      return Apply(x, count, [](auto v) { return Functions::Relu(v); });
    case Activation::kGelu:
      return Apply(x, count, [](auto v) { return Functions::Gelu(v); });
    case Activation::kGeluTanh:
      return Apply(x, count, [](auto v) { return Functions::GeluTanh(v); });
    case Activation::kTanh:
      return Apply(x, count, [](auto v) { return Functions::Tanh(v); });
    case Activation::kSigmoid:
      return Apply(x, count, [](auto v) { return Functions::Sigmoid(v); });
  }
}

template void Activate(Activation, float*, size_t);
template void Activate(Activation, double*, size_t);

}  // namespace onedge::ops

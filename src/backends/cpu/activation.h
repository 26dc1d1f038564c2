// Activation: what a matrix product applies to its result while it is hot. The maths are ops/math/transcendental.h's,
// so the bits are those of the portable operators.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "ops/math/transcendental.h"

namespace onedge::backends::cpu {

enum class Activation : uint8_t { kNone, kRelu, kGelu, kGeluTanh, kTanh, kSigmoid };

// From the attribute `activation` of the fused operators ("" is none); nullopt for a name that is not known.
inline std::optional<Activation> ActivationFrom(std::string_view name) {
  if (name.empty()) return Activation::kNone;
  if (name == "Relu") return Activation::kRelu;
  if (name == "Gelu") return Activation::kGelu;
  if (name == "GeluTanh") return Activation::kGeluTanh;
  if (name == "Tanh") return Activation::kTanh;
  if (name == "Sigmoid") return Activation::kSigmoid;
  return std::nullopt;
}

template <typename V>
[[gnu::always_inline]] inline V Activate(Activation activation, V x) {
  switch (activation) {
    case Activation::kRelu:
      return ops::lanes::AtLeast(x, 0.0f);
    case Activation::kGelu:
      return ops::lanes::Gelu(x);
    case Activation::kGeluTanh:
      return ops::lanes::GeluTanh(x);
    case Activation::kTanh:
      return ops::lanes::Tanh(x);
    case Activation::kSigmoid:
      return ops::lanes::Sigmoid(x);
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace onedge::backends::cpu

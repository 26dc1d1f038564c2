// The activations in vector lanes, for kernels that apply them while a result is in cache. At any width the bits are
// those of the operators.
#pragma once

#include "ops/math/activation.h"
#include "ops/math/transcendental.h"

// As in transcendental.h: inlined everywhere.
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang diagnostic ignored "-Wunused-function"

namespace onedge::ops::lanes {

template <typename V>
ONEDGE_LANES V Clamp(V x, float low, float high) {
  return AtMost(AtLeast(x, low), high);
}
template <typename V>
ONEDGE_LANES V HardSwish(V x) {
  return x * Clamp(x / 6.0f + 0.5f, 0.0f, 1.0f);
}

template <typename V>
ONEDGE_LANES V Activate(const Activation& activation, V x) {
  switch (activation.kind) {
    case Activation::kRelu:
      return AtLeast(x, 0.0f);
    case Activation::kGelu:
      return Gelu(x);
    case Activation::kGeluTanh:
      return GeluTanh(x);
    case Activation::kTanh:
      return Tanh(x);
    case Activation::kSigmoid:
      return Sigmoid(x);
    case Activation::kLeakyRelu:
      return x < 0.0f ? x * activation.alpha : x;
    case Activation::kClip:
      return Clamp(x, activation.alpha, activation.beta);
    case Activation::kHardSigmoid:
      return Clamp(x * activation.alpha + activation.beta, 0.0f, 1.0f);
    case Activation::kHardSwish:
      return HardSwish(x);
    case Activation::kSwish:
      return x * Sigmoid(x * activation.alpha);
    case Activation::kNone:
      break;
  }
  return x;
}

}  // namespace onedge::ops::lanes

#pragma clang diagnostic pop

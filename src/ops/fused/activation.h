// The activations that fused operators apply to their result.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

enum class Activation : uint8_t { kNone, kRelu, kGelu, kGeluTanh, kTanh, kSigmoid };

// Reads the attribute `activation`: "" (none), Relu, Gelu, GeluTanh, Tanh or Sigmoid.
Activation ReadActivation(AttributeReader& attrs);

// x = activation(x), element by element. T: float (the same bits on every host) or double.
template <typename T>
void Activate(Activation activation, T* x, size_t count);

}  // namespace onedge::ops

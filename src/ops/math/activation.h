// Activation: the functions that fused operators and kernels apply to their results, with one table of names.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

struct Activation {
  // kLeakyRelu: alpha is the slope. kClip: alpha and beta are the bounds. kHardSigmoid: alpha x + beta. kSwish:
  // x sigmoid(alpha x).
  enum Kind : uint8_t {
    kNone,
    kRelu,
    kGelu,
    kGeluTanh,
    kTanh,
    kSigmoid,
    kLeakyRelu,
    kClip,
    kHardSigmoid,
    kHardSwish,
    kSwish,
  };

  Activation() = default;
  Activation(Kind which, float a = 0, float b = 0) : kind(which), alpha(a), beta(b) {}  // NOLINT: implicit on purpose

  Kind kind = kNone;
  float alpha = 0;
  float beta = 0;

  explicit operator bool() const { return kind != kNone; }

  // True when the kernels for int8 products apply it (backends/cpu/gemm_s8_tile.h). Those that quantized models do not
  // have there would be code in every build.
  static constexpr bool FollowsInt8(Kind which) { return which <= kSigmoid; }
  bool FollowsInt8() const { return FollowsInt8(kind); }
};

// "Relu", "GeluTanh", ...; "" for kNone.
std::string_view ActivationName(Activation::Kind kind);
// Reads the attributes `activation` (a name; kNone without it), `activation_alpha` and `activation_beta`.
Activation ReadActivation(AttributeReader& attrs);
// The attributes that ReadActivation reads.
std::vector<graph::Attribute> AttributesOf(const Activation& activation);

// activation(x), with the bits of the operator of that name.
double Activate(const Activation& activation, double x);
// x = activation(x), element by element.
void Activate(const Activation& activation, float* x, size_t count);
void Activate(const Activation& activation, double* x, size_t count);

// An elementwise operator with one input and at most two float attributes, and its activation, if it is one.
struct Unary : Typed<Unary> {
  Activation activation;
};

}  // namespace onedge::ops

// RealRoot: s^(1/p) for Lp norms, with the same bits on every host.
#pragma once

#include <cmath>

#include "ops/math/transcendental.h"
#include "ops/op.h"

namespace onedge::ops {

// The attribute `p` of a norm: an int, or a float before opset 2; at least 1.
inline int64_t ReadNorm(AttributeReader& attrs) {
  const float single = attrs.opset() < 2 ? attrs.Float("p", 2.0f) : 2.0f;
  const int64_t p =
      attrs.opset() < 2 ? (single >= 1 && single < 1e6f ? static_cast<int64_t>(single) : 0) : attrs.Int("p", 2);
  if (p >= 1) return p;
  attrs.Fail(InvalidArgument("attribute 'p': expected at least 1, got ", p));
  return 1;
}

// |x|^p for an integer p >= 1, by repeated multiplication.
template <typename T>
T IntegerPower(T x, int64_t p) {
  T result = 1;
  for (T square = x; p > 0; p >>= 1, square = square * square) {
    if (p & 1) result = result * square;
  }
  return result;
}

// s^(1/p) for s >= 0, p >= 1: a guess in float, then Newton's steps in double, which need only sums and products.
inline double RealRoot(double s, int64_t p) {
  if (p == 1 || !(s > 0) || std::isinf(s)) return s;
  if (p == 2) return std::sqrt(s);
  const float narrowed = static_cast<float>(s);
  if (!(narrowed > 0) || std::isinf(narrowed)) return std::pow(s, 1.0 / static_cast<double>(p));
  double root = lanes::Exp(lanes::Log(narrowed) / static_cast<float>(p));
  for (int step = 0; step < 3; ++step) {
    const double power = IntegerPower(root, p - 1);
    root = root - (power * root - s) / (static_cast<double>(p) * power);
  }
  return root;
}

}  // namespace onedge::ops

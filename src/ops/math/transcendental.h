// exp, log, log1p, tanh, erf, sigmoid, gelu and softplus in float32, for one lane (float), four, eight or sixteen
// (F32x4, F32x8, F32x16). Plain IEEE additions, multiplications, divisions and bit operations in a fixed order, so that
// every lane width and every host (native x86, wasm) gives the same bits; build with -ffp-contract=off. NaN in gives
// NaN out. Stateless.
#pragma once

#include <cstdint>
#include <cstring>

// Always inlined, and local to each file: one file may be compiled for AVX2 and another for baseline x86-64, and the
// linker must not use the copy of one in the other. Inlined, an F32x8 also never crosses a call, so its ABI does not
// matter.
#define ONEDGE_LANES [[gnu::always_inline]] static inline
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wpsabi"
#pragma clang diagnostic ignored "-Wunused-function"

namespace onedge::ops {

typedef float F32x4 __attribute__((vector_size(16)));
typedef float F32x8 __attribute__((vector_size(32)));
typedef float F32x16 __attribute__((vector_size(64)));

// A separate namespace, because the operators are structs named Exp, Tanh, ...
namespace lanes {

typedef uint32_t U32x4 __attribute__((vector_size(16)));
typedef uint32_t U32x8 __attribute__((vector_size(32)));
typedef uint32_t U32x16 __attribute__((vector_size(64)));
typedef int32_t I32x4 __attribute__((vector_size(16)));
typedef int32_t I32x8 __attribute__((vector_size(32)));
typedef int32_t I32x16 __attribute__((vector_size(64)));

template <typename V>
struct Traits;
template <>
struct Traits<float> {
  using Unsigned = uint32_t;
  using Signed = int32_t;
};
template <>
struct Traits<F32x4> {
  using Unsigned = U32x4;
  using Signed = I32x4;
};
template <>
struct Traits<F32x8> {
  using Unsigned = U32x8;
  using Signed = I32x8;
};
template <>
struct Traits<F32x16> {
  using Unsigned = U32x16;
  using Signed = I32x16;
};
template <typename V>
using Unsigned = typename Traits<V>::Unsigned;
template <typename V>
using Signed = typename Traits<V>::Signed;
// Not std::bit_cast: an unoptimised build calls it as a function, and the linker keeps one copy for files with and
// without AVX2, although they pass an F32x8 differently.
template <typename To, typename From>
ONEDGE_LANES To BitCast(From x) {
  return __builtin_bit_cast(To, x);
}

// `value` in every lane.
template <typename V>
ONEDGE_LANES V Splat(float value) {
  return V{} + value;
}

template <typename V>
ONEDGE_LANES Unsigned<V> Bits(V x) {
  return BitCast<Unsigned<V>>(x);
}

template <typename V>
ONEDGE_LANES V FromBits(Unsigned<V> bits) {
  return BitCast<V>(bits);
}

template <typename V>
ONEDGE_LANES V Abs(V x) {
  return FromBits<V>(Bits(x) & 0x7fffffffu);
}

// |magnitude| with the sign of `sign`.
template <typename V>
ONEDGE_LANES V CopySign(V magnitude, V sign) {
  return FromBits<V>((Bits(magnitude) & 0x7fffffffu) | (Bits(sign) & 0x80000000u));
}

// The smaller, and the larger, of x and a limit; a NaN in x stays.
template <typename V>
ONEDGE_LANES V AtMost(V x, float limit) {
  return x > limit ? Splat<V>(limit) : x;
}
template <typename V>
ONEDGE_LANES V AtLeast(V x, float limit) {
  return x < limit ? Splat<V>(limit) : x;
}

// Unaligned access; compiles to one load or store.
template <typename V>
ONEDGE_LANES V Load(const float* from) {
  V v;
  std::memcpy(&v, from, sizeof v);
  return v;
}
template <typename V>
ONEDGE_LANES void Store(float* to, V v) {
  std::memcpy(to, &v, sizeof v);
}

// e^x within 1 ulp; 0 below -104, infinity above 88.73; subnormal results are rounded once.
template <typename V>
ONEDGE_LANES V Exp(V x) {
  x = AtLeast(AtMost(x, 89.0f), -104.0f);
  // n = round(x / ln 2): adding 1.5 * 2^23 leaves the integer in the low bits.
  const V shifted = x * 1.44269504088896341f + 12582912.0f;
  const V n = shifted - 12582912.0f;
  const Signed<V> exponent = BitCast<Signed<V>>(Bits(shifted) - 0x4b400000u);
  // ln 2 in two parts; the first has 9 bits, so that n times it is exact.
  const V r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  // Cephes expf: minimax on [-ln 2 / 2, ln 2 / 2].
  V p = r * 1.9875691500e-4f + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * (r * r) + r + 1.0f;
  // 2^n as two factors, each a normal number.
  const Signed<V> half = exponent >> 1;
  const V low = FromBits<V>((BitCast<Unsigned<V>>(half) + 127u) << 23);
  const V high = FromBits<V>((BitCast<Unsigned<V>>(exponent) - BitCast<Unsigned<V>>(half) + 127u) << 23);
  return p * low * high;
}

// ln x within 1 ulp; -infinity at 0, NaN below.
template <typename V>
ONEDGE_LANES V Log(V x) {
  const V input = x;
  const V bias = x < 0x1p-126f ? Splat<V>(23.0f) : Splat<V>(0.0f);
  x = x < 0x1p-126f ? x * 0x1p23f : x;
  // x = m * 2^e with m in [sqrt(1/2), sqrt(2)).
  const Unsigned<V> offset = Bits(x) - 0x3f3504f3u;
  const Signed<V> exponent = BitCast<Signed<V>>(offset) >> 23;
  const V m = FromBits<V>((offset & 0x007fffffu) + 0x3f3504f3u);
  V e;
  if constexpr (sizeof(V) == sizeof(float)) {
    e = static_cast<float>(exponent);
  } else {
    e = __builtin_convertvector(exponent, V);
  }
  e = e - bias;
  const V f = m - 1.0f;
  const V z = f * f;
  // Cephes logf.
  V p = f * 7.0376836292e-2f - 1.1514610310e-1f;
  p = p * f + 1.1676998740e-1f;
  p = p * f - 1.2420140846e-1f;
  p = p * f + 1.4249322787e-1f;
  p = p * f - 1.6668057665e-1f;
  p = p * f + 2.0000714765e-1f;
  p = p * f - 2.4999993993e-1f;
  p = p * f + 3.3333331174e-1f;
  V y = f * z * p;
  y = y - e * 2.12194440e-4f;
  y = y - z * 0.5f;
  V result = f + y;
  result = result + e * 0.693359375f;
  const V infinity = Splat<V>(__builtin_inff());
  result = input == 0.0f ? -infinity : result;
  result = input < 0.0f ? Splat<V>(__builtin_nanf("")) : result;
  // Infinity and NaN are returned unchanged.
  return Bits(Abs(input)) >= 0x7f800000u && !(input < 0.0f) ? input : result;
}

// ln(1 + x) within 3 ulp, for x >= 0.
template <typename V>
ONEDGE_LANES V Log1p(V x) {
  // The rounding error of 1 + x cancels in log(w) / (w - 1) (Goldberg).
  const V w = x + 1.0f;
  const V d = w - 1.0f;
  const V ratio = Log(w) / (d == 0.0f ? Splat<V>(1.0f) : d);
  return d == 0.0f || Bits(Abs(w)) >= 0x7f800000u ? x : x * ratio;
}

// tanh x within 2 ulp.
template <typename V>
ONEDGE_LANES V Tanh(V x) {
  const V a = Abs(x);
  // Cephes tanhf: an odd polynomial near 0, where the exponential would cancel.
  const V z = x * x;
  V p = z * -5.70498872745e-3f + 2.06390887954e-2f;
  p = p * z - 5.37397155531e-2f;
  p = p * z + 1.33314422036e-1f;
  p = p * z - 3.33332819422e-1f;
  const V small = p * z * x + x;
  const V large = 1.0f - 2.0f / (Exp(a + a) + 1.0f);
  return CopySign(a < 0.625f ? small : large, x);
}

// erf x within 2 ulp.
template <typename V>
ONEDGE_LANES V Erf(V x) {
  const V t = AtMost(Abs(x), 4.0f);  // erf(4) rounds to 1
  const V s = t * t;
  // Minimax for t > 475/512: 1 - exp(polynomial). (N. Juffa's coefficients, here without fused operations.)
  V large = t * -1.72853470e-5f + 3.83197126e-4f;
  large = large * s + (t * -3.88396438e-3f + 2.42546219e-2f);
  large = large * t - 1.06777877e-1f;
  large = large * t - 6.34846687e-1f;
  large = large * t - 1.28717512e-1f;
  large = large * t - t;
  large = 1.0f - Exp(large);
  V small = s * -5.96761703e-4f + 4.99119423e-3f;
  small = small * s - 2.67681349e-2f;
  small = small * s + 1.12819925e-1f;
  small = small * s - 3.76125336e-1f;
  small = small * s + 1.28379166e-1f;
  small = small * x + x;
  return t > 0.927734375f ? CopySign(large, x) : small;
}

// 1 / (1 + e^-x) within 2.5 ulp, subnormal results included.
template <typename V>
ONEDGE_LANES V Sigmoid(V x) {
  const V e = Exp(-Abs(x));
  return (x < 0.0f ? e : Splat<V>(1.0f)) / (e + 1.0f);
}

// x * Phi(x), Phi(x) = (1 + erf(x / sqrt(2))) / 2 within 2e-7; exactly x or 0 above and below 5.5.
template <typename V>
ONEDGE_LANES V Gelu(V x) {
  const V t = AtMost(AtLeast(x, -5.48854399f), 5.48854399f);
  const V z = t * t;
  // Minimax: Phi(t) - 1/2 = t * p(t^2) / q(t^2), half the work of Erf.
  V p = z * 0.0191503856f + 5.24694204f;
  p = p * z + 136.585663f;
  p = p * z + 3869.46021f;
  p = p * z + 27806.7305f;
  p = p * z + 332074.031f;
  V q = z + 59.9641075f;
  q = q * z + 1546.48254f;
  q = q * z + 23628.8672f;
  q = q * z + 208431.953f;
  q = q * z + 832386.188f;
  return x * (t * p / q + 0.5f);
}

// The approximation x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))).
template <typename V>
ONEDGE_LANES V GeluTanh(V x) {
  return 0.5f * x * (Tanh(0.79788456080286536f * (x + 0.044715f * x * x * x)) + 1.0f);
}

// ln(1 + e^x) within 3 ulp.
template <typename V>
ONEDGE_LANES V Softplus(V x) {
  return AtLeast(x, 0.0f) + Log1p(Exp(-Abs(x)));
}

}  // namespace lanes
}  // namespace onedge::ops

#pragma clang diagnostic pop

// The bodies of elementwise loops: they turn a functor into a UnaryLoop or BinaryLoop. float32 gets a vectorized copy
// for each pattern of scalar operands; other types get one small loop, to keep the wasm module small.
#pragma once

#include <type_traits>

#include "ops/math/elementwise.h"
#include "ops/math/transcendental.h"

namespace onedge::ops {

// f(F32x4) or f(float) for float32 through the lane functions; the tail goes through the same vector code.
template <typename F>
void LaneLoop(const void* x, void* y, size_t count, const void* params) {
  const F f(params);
  const float* in = static_cast<const float*>(x);
  float* out = static_cast<float*>(y);
  size_t i = 0;
  for (; i + 4 <= count; i += 4) lanes::Store(out + i, f(lanes::Load<F32x4>(in + i)));
  if (i == count) return;
  float tail[4] = {};
  std::memcpy(tail, in + i, (count - i) * sizeof(float));
  lanes::Store(tail, f(lanes::Load<F32x4>(tail)));
  std::memcpy(out + i, tail, (count - i) * sizeof(float));
}

// y[i] = f(x[i]) with T in and R out.
template <typename T, typename R, typename F>
[[clang::minsize]] void MapLoop(const void* x, void* y, size_t count, const void* params) {
  const F f(params);
  const T* in = static_cast<const T*>(x);
  R* out = static_cast<R*>(y);
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i) out[i] = f(in[i]);
}

// The same, vectorized by the compiler: for cheap functions of float32.
template <typename T, typename R, typename F>
void FastMapLoop(const void* x, void* y, size_t count, const void* params) {
  const F f(params);
  const T* in = static_cast<const T*>(x);
  R* out = static_cast<R*>(y);
  for (size_t i = 0; i < count; ++i) out[i] = f(in[i]);
}

template <typename T, typename R, typename F>
[[clang::minsize]] void ZipLoop(const void* a, bool a_scalar, const void* b, bool b_scalar, void* y, size_t count,
                                const void* params) {
  const F f(params);
  const T* left = static_cast<const T*>(a);
  const T* right = static_cast<const T*>(b);
  R* out = static_cast<R*>(y);
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i) {
    out[i] = static_cast<R>(f(*left, *right));
    left += !a_scalar;
    right += !b_scalar;
  }
}

template <typename T, typename R, typename F>
void FastZipLoop(const void* a, bool a_scalar, const void* b, bool b_scalar, void* y, size_t count,
                 const void* params) {
  const F f(params);
  const T* left = static_cast<const T*>(a);
  const T* right = static_cast<const T*>(b);
  R* out = static_cast<R*>(y);
  if (a_scalar) {
    const T scalar = *left;
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(scalar, right[b_scalar ? 0 : i]));
  } else if (b_scalar) {
    const T scalar = *right;
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(left[i], scalar));
  } else {
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<R>(f(left[i], right[i]));
  }
}

// A base for functors without parameters.
struct Plain {
  explicit Plain(const void*) {}
};

// float32 through lanes, float64 through F's double overload.
template <typename F>
constexpr UnaryLoops FloatLaneLoops() {
  return {.f32 = LaneLoop<F>, .f64 = MapLoop<double, double, F>};
}
// float32 and float64 through one generic functor, element by element.
template <typename F>
constexpr UnaryLoops FloatLoops() {
  return {.f32 = FastMapLoop<float, float, F>, .f64 = MapLoop<double, double, F>};
}

}  // namespace onedge::ops

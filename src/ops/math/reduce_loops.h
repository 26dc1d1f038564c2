// The innermost loops of reductions. A reducer defines the value of an element, the combination of two values, and the
// empty value. ReduceLoops erases its type, so that the walk in reduce_walk.cc is written once. Stateless.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <type_traits>

#include "ops/math/reduce_walk.h"
#include "ops/math/transcendental.h"
#include "ops/nn/lane_sum.h"

namespace onedge::ops::reduce {

template <typename T>
T Exponential(T x) {
  if constexpr (std::is_same_v<T, float>) return lanes::Exp(x);
  return static_cast<T>(std::exp(static_cast<double>(x)));
}
template <typename T>
T Logarithm(T x) {
  if constexpr (std::is_same_v<T, float>) return lanes::Log(x);
  return static_cast<T>(std::log(static_cast<double>(x)));
}

// A reducer: the value of an element (Map), the combination of two (Join), and the result from the total (Finish).
// `shift` is the maximum, used only by LogSumExp. Integers are signed or unsigned 64 bits and wrap.
template <typename T>
using Unsigned = std::conditional_t<std::is_floating_point_v<T>, T, uint64_t>;

template <typename T>
struct SumOfValues {
  static constexpr bool kAdds = true;
  static T Init() { return 0; }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) + static_cast<Unsigned<T>>(b)); }
};
template <typename T>
struct SumOfMagnitudes : SumOfValues<T> {
  static T Map(T x, T) { return x < 0 ? static_cast<T>(Unsigned<T>{0} - static_cast<Unsigned<T>>(x)) : x; }
};
template <typename T>
struct SumOfSquares : SumOfValues<T> {
  static T Map(T x, T) { return static_cast<T>(static_cast<Unsigned<T>>(x) * static_cast<Unsigned<T>>(x)); }
};
template <typename T>
struct SumOfExponentials : SumOfValues<T> {
  static T Map(T x, T shift) { return Exponential<T>(x - shift); }
};
template <typename T>
struct Product {
  static constexpr bool kAdds = false;
  static T Init() { return 1; }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return static_cast<T>(static_cast<Unsigned<T>>(a) * static_cast<Unsigned<T>>(b)); }
};
// NaN takes precedence.
template <typename T>
struct Maximum {
  static constexpr bool kAdds = false;
  static T Init() {
    return std::is_floating_point_v<T> ? -std::numeric_limits<T>::infinity() : std::numeric_limits<T>::lowest();
  }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return b > a || b != b ? b : a; }
};
template <typename T>
struct Minimum {
  static constexpr bool kAdds = false;
  static T Init() {
    return std::is_floating_point_v<T> ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  static T Map(T x, T) { return x; }
  static T Join(T a, T b) { return b < a || b != b ? b : a; }
};

template <typename T, typename R>
[[clang::minsize]] void InitTotals(void* totals, size_t count) {
  std::fill_n(static_cast<T*>(totals), count, R::Init());
}

template <typename T, typename R>
void JoinRun(const void* x, size_t count, const void* shift, void* total) {
  const T* from = static_cast<const T*>(x);
  const T by = shift ? *static_cast<const T*>(shift) : T{0};
  T sum = R::Init();
  if constexpr (R::kAdds && std::is_floating_point_v<T>) {
    sum = LaneSum<T>(count, [&](size_t i) { return R::Map(from[i], by); });
  } else {
#pragma clang loop vectorize(disable) unroll(disable)
    for (size_t i = 0; i < count; ++i) sum = R::Join(sum, R::Map(from[i], by));
  }
  *static_cast<T*>(total) = R::Join(*static_cast<T*>(total), sum);
}

template <typename T, typename R>
void JoinRow(const void* x, size_t count, const void* shifts, void* totals) {
  const T* from = static_cast<const T*>(x);
  T* to = static_cast<T*>(totals);
  if constexpr (std::is_same_v<T, float>) {
    if (!shifts) {
      for (size_t i = 0; i < count; ++i) to[i] = R::Join(to[i], R::Map(from[i], T{0}));
      return;
    }
  }
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i)
    to[i] = R::Join(to[i], R::Map(from[i], shifts ? static_cast<const T*>(shifts)[i] : T{0}));
}

template <typename T, typename R>
[[clang::minsize]] void JoinTotals(const void* from, size_t count, void* totals) {
  T* to = static_cast<T*>(totals);
#pragma clang loop vectorize(disable) unroll(disable)
  for (size_t i = 0; i < count; ++i) to[i] = R::Join(to[i], static_cast<const T*>(from)[i]);
}

template <typename T, template <typename> typename R>
constexpr ReduceLoops kReduceLoops = {sizeof(T), InitTotals<T, R<T>>, JoinRun<T, R<T>>, JoinRow<T, R<T>>,
                                      JoinTotals<T, R<T>>};

}  // namespace onedge::ops::reduce

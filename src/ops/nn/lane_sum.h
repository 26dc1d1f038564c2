// LaneSum: sums in one fixed order that suits vectors of 4 and of 8, so that scalar, SIMD and wasm code give the same
// bits. Term i goes to lane i % 8; then lane j adds lane j + 4, then j + 2, then j + 1. Every faster kernel must use
// this order.
#pragma once

#include <cstddef>
#include <cstdint>

namespace onedge::ops {

inline constexpr size_t kSumLanes = 8;

// ((l0 + l4) + (l2 + l6)) + ((l1 + l5) + (l3 + l7))
template <typename T>
T CombineLanes(const T (&lanes)[kSumLanes]) {
  return ((lanes[0] + lanes[4]) + (lanes[2] + lanes[6])) + ((lanes[1] + lanes[5]) + (lanes[3] + lanes[7]));
}

// The sum of term(0) ... term(count - 1), of type T.
template <typename T, typename Term>
T LaneSum(size_t count, const Term& term) {
  T lanes[kSumLanes] = {};
  size_t i = 0;
  for (; i + kSumLanes <= count; i += kSumLanes) {
    for (size_t j = 0; j < kSumLanes; ++j) lanes[j] += term(i + j);
  }
  for (size_t j = 0; i + j < count; ++j) lanes[j] += term(i + j);
  return CombineLanes(lanes);
}

template <typename T>
struct Moments {
  T mean;
  T variance;  // of the population: divided by count
};

// Two passes, the mean first: E[x^2] - E[x]^2 cancels. REQUIRES: count > 0 (0 gives NaN).
template <typename T, typename Term>
Moments<T> LaneMoments(size_t count, const Term& term) {
  const T mean = LaneSum<T>(count, term) / static_cast<T>(count);
  const T squares = LaneSum<T>(count, [&](size_t i) {
    const T difference = term(i) - mean;
    return difference * difference;
  });
  return {mean, squares / static_cast<T>(count)};
}

}  // namespace onedge::ops

// Seeded values for comparisons with a double-precision reference.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/ops/op_tester.h"

namespace onedge::ops {

// A linear congruential generator (Knuth's MMIX constants): the same numbers everywhere.
class RandomTensors {
 public:
  explicit RandomTensors(uint64_t seed) : state_(seed * 2 + 1) {}
  uint32_t Next() {
    state_ = state_ * 6364136223846793005u + 1442695040888963407u;
    return static_cast<uint32_t>(state_ >> 32);
  }
  // Uniform in [low, high).
  double Uniform(double low, double high) { return low + (high - low) * (Next() / 4294967296.0); }
  int64_t Integer(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Next() % static_cast<uint64_t>(high - low + 1));
  }

  std::vector<float> Floats(int64_t count, double low = -1, double high = 1) {
    std::vector<float> values(static_cast<size_t>(count));
    for (float& value : values) value = static_cast<float>(Uniform(low, high));
    return values;
  }
  template <typename T>
  std::vector<T> Integers(int64_t count, int64_t low, int64_t high) {
    std::vector<T> values(static_cast<size_t>(count));
    for (T& value : values) value = static_cast<T>(Integer(low, high));
    return values;
  }

 private:
  uint64_t state_;
};

}  // namespace onedge::ops

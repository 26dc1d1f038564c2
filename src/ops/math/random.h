// A small random number generator for the random operators: SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
#pragma once

#include <cmath>
#include <cstdint>

#include "ops/op.h"

namespace onedge::ops {

class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() {
    uint64_t z = state_ += 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  // In [0, 1), 53 bits.
  double Uniform() { return static_cast<double>(Next() >> 11) * 0x1p-53; }
  // Mean 0 and variance 1 (Box and Muller).
  double Normal() {
    const double radius = std::sqrt(-2 * std::log(1 - Uniform()));
    return radius * std::cos(6.283185307179586477 * Uniform());
  }

 private:
  uint64_t state_;
};

// The attribute 'seed', a float (an int for Dropout). With it every run draws the same numbers; without it each run
// draws different ones.
struct RandomSeed {
  static RandomSeed Read(AttributeReader& attrs);
  Random Start() const;

  bool fixed = false;
  uint32_t seed = 0;
};

}  // namespace onedge::ops

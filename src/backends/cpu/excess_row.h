// Packs the groups of one row for kernels of kind 4, and collects the row's excess.
#pragma once

#include "backends/cpu/gemm_s8.h"

namespace onedge::backends::cpu {

class ExcessRow {
 public:
  ExcessRow(const PackedBytes& packed, size_t row, size_t h, bool limited)
      : count_(packed.excess_counts + row), excess_(packed.excess + row * kMostExcess * h), limited_(limited) {
    *count_ = 0;
  }

  // The group as four int8s, without its excess. `values`: -255..255.
  int32_t Pack(size_t group, const int32_t (&values)[4]) {
    int32_t rest[4] = {values[0], values[1], values[2], values[3]};
    const int32_t packed = Take(rest);
    while (rest[0] | rest[1] | rest[2] | rest[3]) {
      const int32_t bytes = Take(rest);
      excess_[(*count_)++] = {static_cast<uint32_t>(group), bytes};
    }
    return packed;
  }

 private:
  // As much of each pair as the kernels multiply exactly.
  int32_t Take(int32_t (&rest)[4]) const {
    uint32_t bytes = 0;
    for (int d = 0; d < 4; d += 2) {
      const int32_t sum = rest[d] + rest[d + 1];
      const bool same_sign = (rest[d] < 0) == (rest[d + 1] < 0);
      const bool too_much = limited_ && same_sign && (sum > 128 || sum < -128);
      const int32_t low = too_much ? -64 : -128, high = too_much ? 64 : 127;
      for (int e = d; e < d + 2; ++e) {
        const int32_t part = std::clamp(rest[e], low, high);
        bytes |= (static_cast<uint32_t>(part) & 0xff) << (8 * e);
        rest[e] -= part;
      }
    }
    return static_cast<int32_t>(bytes);
  }

  uint32_t* count_;
  ExcessGroup* excess_;
  bool limited_;
};

}  // namespace onedge::backends::cpu

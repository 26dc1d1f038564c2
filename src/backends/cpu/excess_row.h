// Packs the groups of one row for kernels of kind 4, and adds the row's excess to the steps of its tile. The rows of a
// tile come in ascending order.
#pragma once

#include "backends/cpu/gemm_s8.h"
#include "backends/cpu/simd.h"

namespace onedge::backends::cpu {

// `Simd`: the file's tag.
template <class Simd>
class ExcessRow {
 public:
  ExcessRow(const PackedBytes& packed, size_t row, bool limited)
      : count_(packed.step_counts[row / packed.tile_rows]),
        steps_(packed.steps + row / packed.tile_rows * kMostExcess * packed.groups),
        mine_(packed.row_excess + row / packed.tile_rows * kMostExcess * packed.groups),
        place_(row % packed.tile_rows),
        limited_(limited) {
    if (place_ == 0) count_ = 0;
  }
  ExcessRow(const ExcessRow&) = delete;
  ExcessRow& operator=(const ExcessRow&) = delete;
  ~ExcessRow() {
    if (mine_count_ > 0) Merge();
  }

  // The group as four int8s, without its excess. `values`: -255..255. Groups come in ascending order.
  int32_t Pack(size_t group, const int32_t (&values)[4]) {
    int32_t rest[4] = {values[0], values[1], values[2], values[3]};
    const int32_t packed = Take(rest);
    while (rest[0] | rest[1] | rest[2] | rest[3]) mine_[mine_count_++] = {static_cast<uint32_t>(group), Take(rest)};
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

  // One step serves several rows. From the last group to the first, so that it works in place.
  void Merge() {
    size_t shared = 0;
    for (size_t i = count_, j = mine_count_; i > 0 && j > 0;) {
      const uint32_t theirs = steps_[i - 1].group, group = mine_[j - 1].group;
      if (theirs == group) ++shared;
      if (theirs >= group) --i;
      if (theirs <= group) --j;
    }
    size_t to = count_ + mine_count_ - shared;
    size_t i = count_;
    count_ = static_cast<uint32_t>(to);
    for (size_t j = mine_count_; j > 0;) {
      const RowGroup& group = mine_[j - 1];
      ExcessStep& step = steps_[--to];
      if (i > 0 && steps_[i - 1].group >= group.group) {
        step = steps_[--i];
      } else {
        step = {group.group, {}};
      }
      if (step.group == group.group) {
        step.rows[place_] = group.bytes;
        --j;
      }
    }
  }

  uint32_t& count_;
  ExcessStep* steps_;
  RowGroup* mine_;
  size_t mine_count_ = 0;
  size_t place_;
  bool limited_;
};

// Packs row i, [k] bytes plus `shift`.
template <typename T>
void PackBytesRow(const PackedBytes& packed, size_t i, const T* row, size_t k, int32_t shift, bool limited) {
  const size_t h = packed.groups;
  ExcessRow<Simd128> excess(packed, i, limited);
  uint32_t sum = 0;
  for (size_t p = 0; p < h; ++p) {
    int32_t values[4] = {};
    for (size_t d = 0; d < 4 && d * h + p < k; ++d) {
      values[d] = row[d * h + p] + shift;
      sum += static_cast<uint32_t>(values[d]);
    }
    packed.rows[i * h + p] = excess.Pack(p, values);
  }
  packed.sums[i] = static_cast<int32_t>(sum);
}

}  // namespace onedge::backends::cpu

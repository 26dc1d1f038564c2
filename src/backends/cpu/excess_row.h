// Collects what the bytes of one packed row lack.
#pragma once

#include "backends/cpu/gemm_s8.h"

namespace onedge::backends::cpu {

class ExcessRow {
 public:
  ExcessRow(const PackedBytes& packed, size_t row, size_t h)
      : excess_(packed.excess ? packed.excess + row : nullptr), groups_(packed.groups + row * 2 * h), room_(2 * h) {
    if (excess_) *excess_ = {};
  }

  // `missing`: of each byte, -128..128. Either sign of 128 comes only in a row whose excess has one sign, so that two
  // entries for each group are enough.
  void Add(size_t group, const int32_t (&missing)[4]) {
    for (int32_t sign : {1, -1}) {
      uint32_t bytes = 0, rest = 0;
      for (int d = 0; d < 4; ++d) {
        const int32_t value = missing[d] * sign;
        if (value <= 0) continue;
        bytes |= static_cast<uint32_t>(value < 127 ? value : 127) << (8 * d);
        rest |= static_cast<uint32_t>(value > 127 ? value - 127 : 0) << (8 * d);
      }
      for (const uint32_t part : {bytes, rest}) {
        if (part == 0) continue;
        ExcessGroup* to = sign > 0 ? groups_ + excess_->added++ : groups_ + room_ - ++excess_->subtracted;
        *to = {static_cast<uint32_t>(group), static_cast<int32_t>(part)};
      }
    }
  }

 private:
  RowExcess* excess_;
  ExcessGroup* groups_;
  size_t room_;
};

}  // namespace onedge::backends::cpu

// Convolution of bytes for known shapes, exact in int32. The filters of a group are the rows of a product and the
// windows of the image its columns, so that the output has the order of NCHW. Filters are packed minus their zero
// points; the image is copied once with its padding, as the bytes that the kernels multiply: x, x - 128 or x + 128.
// With s = sum of a filter, the result is sum(w * (x - c)) = sum(w * x) - c * s.
#pragma once

#include <vector>

#include "backends/cpu/gemm_s8.h"
#include "ops/nn/conv_kernel.h"
#include "ops/quant/requantize.h"

namespace onedge::backends::cpu {

// The filters [groups * filters, channels, kernel...] as packed rows, one group after another, and the sum of each.
// Each group has tiles of its own.
struct ConvFilters {
  const int32_t* rows = nullptr;
  const int32_t* sums = nullptr;
  const uint32_t* step_ends = nullptr;  // kind 4: of each tile, in `steps`
  const ExcessStep* steps = nullptr;
};

struct FilterSizes {
  size_t groups, filters, k;  // filters of one group, of k weights each
  bool depthwise;             // one filter and one channel in each group
};
// Constant filters have the fastest kernels; the excess of others would need much room, and depthwise convolution has
// kernels of kind 2 only.
inline const GemmS8Kernels& SelectConvS8(bool constant, bool depthwise) {
  return constant && !depthwise ? SelectGemmS8() : SelectGemmS8Pairs();
}

// Kind 2. `zero_points`: null, one, or one for each filter, of the dtype of the weights. `to`: FilterPairBytes.
ConvFilters PackFilterPairs(const GemmS8Kernels& kernels, DType dtype, const uint8_t* weights, const FilterSizes& sizes,
                            const Tensor* zero_points, uint8_t* to, ThreadPool* threads);
size_t FilterPairBytes(const FilterSizes& sizes);

// Constant filters. Immutable and shared.
class PackedFilters {
 public:
  PackedFilters() {}
  static Result<PackedFilters> Pack(const GemmS8Kernels& kernels, DType dtype, const uint8_t* weights,
                                    const FilterSizes& sizes, const Tensor* zero_points, MemoryBudget* budget);
  explicit operator bool() const { return static_cast<bool>(rows_); }
  ConvFilters view() const { return view_; }
  size_t byte_size() const { return rows_.size() + steps_.size(); }

 private:
  Buffer rows_, steps_;
  ConvFilters view_;
};

class ConvS8 {
 public:
  ConvS8(const GemmS8Kernels& kernels, ops::ConvPlan sizes, size_t threads);

  struct Input {
    const uint8_t* x;  // int8 or uint8 [batch, groups * channels, spatial]
    bool is_unsigned;
    int32_t zero_point;
  };
  // Either the sums, or bytes. Of each filter: a bias, added to its sums (may be null), and a multiplier.
  struct Output {
    int32_t* sums = nullptr;
    uint8_t* bytes = nullptr;
    const int32_t* bias = nullptr;
    const float* multipliers = nullptr;
    ops::OutputQuantization quantization;
  };
  void Run(const Input& input, const ConvFilters& filters, const Output& output, uint8_t* workspace,
           ThreadPool* threads) const;

  size_t workspace_bytes() const { return panels_offset_ + slots_ * panel_bytes_; }
  const ops::ConvPlan& sizes() const { return sizes_; }
  FilterSizes filter_sizes() const { return {sizes_.groups, sizes_.filters, k_, depthwise()}; }

 private:
  struct Tiles;  // where results go
  // Turns the bytes of an image into those that the kernels multiply.
  uint8_t Flip(const Input& input) const { return input.is_unsigned == kernels_.unsigned_columns ? 0 : 0x80; }
  bool depthwise() const { return sizes_.channels == 1 && sizes_.filters == 1; }
  void CopyChannel(const uint8_t* x, uint8_t flip, uint8_t padding, uint8_t* to) const;
  // The panel of columns [column, column + count).
  void PackPanel(const Input& input, const uint8_t* image, const int8_t* padded, size_t column, size_t count,
                 int8_t* panel) const;
  void RunDepthwise(const int8_t* padded, const ConvFilters& filters, const Tiles& tiles, ThreadPool* threads) const;
  void RunProducts(const Input& input, const uint8_t* image, const int8_t* padded, const ConvFilters& filters,
                   const Tiles& tiles, uint8_t* panels, ThreadPool* threads) const;

  const GemmS8Kernels& kernels_;
  const ops::ConvPlan sizes_;
  const ops::Window3 window_;
  const size_t k_;
  // The padded copy of a channel: [padded rows][phases][phase width]. Its columns are sorted by their position within
  // a stride, so that neighbours in the output read neighbours here.
  bool copies_ = false;   // false: the padding is too large for a copy
  bool one_run_ = false;  // all output pixels of a channel read neighbours
  size_t padded_rows_ = 0, phases_ = 0, phase_width_ = 0, plane_ = 0, row_step_ = 0;
  std::vector<uint32_t> offsets_;  // of each depth, relative to the window's corner in the first channel
  size_t slots_ = 1;               // tasks at work at once, each with its panels
  size_t panels_at_once_ = 1;
  size_t filters_at_once_ = 0;
  size_t corrections_offset_ = 0, panels_offset_ = 0, panel_bytes_ = 0;
};

}  // namespace onedge::backends::cpu

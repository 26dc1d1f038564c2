// Convolution of bytes for known shapes, exact in int32. The filters of a group are the rows of a product and the
// windows of the image its columns, so that the output has the order of NCHW. Filters are int16s minus their zero
// points; the image is copied once with its padding, as int8. With s = sum of a filter, the result is
// sum(w * (x - c)) = sum(w * (x - 128)) + (128 - c) * s for uint8, and the same without 128 for int8.
#pragma once

#include <vector>

#include "backends/cpu/gemm_s8.h"
#include "ops/nn/conv_kernel.h"
#include "ops/quant/requantize.h"

namespace onedge::backends::cpu {

// The filters [groups * filters, channels, kernel...] as packed rows, one group after another, and the sum of each.
struct ConvFilters {
  static constexpr size_t Pairs(size_t k) { return (k + 1) / 2; }
  static size_t Bytes(size_t all_filters, size_t k) { return all_filters * (Pairs(k) + 1) * sizeof(int32_t); }

  const int32_t* rows = nullptr;
  const int32_t* sums = nullptr;
};
// `zero_points`: null, one, or one for each filter, of the dtype of the weights. `to`: ConvFilters::Bytes.
ConvFilters PackFilters(const GemmS8Kernels& kernels, DType dtype, const uint8_t* weights, size_t groups,
                        size_t filters, size_t k, const Tensor* zero_points, uint8_t* to, ThreadPool* threads);
inline ConvFilters PackedFilters(const uint8_t* packed, size_t all_filters, size_t k) {
  const auto* rows = reinterpret_cast<const int32_t*>(packed);
  return {rows, rows + all_filters * ConvFilters::Pairs(k)};
}

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

 private:
  struct Tiles;  // where results go
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

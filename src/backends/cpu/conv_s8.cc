#include "backends/cpu/conv_s8.h"

#include <algorithm>
#include <cstring>

#include "backends/cpu/excess_row.h"
#include "base/checked_math.h"

namespace onedge::backends::cpu {
namespace {

constexpr size_t kSlack = 64;  // kernels read whole vectors beyond the copy
constexpr size_t kPanelBytes = size_t{48}
                               << 10;  // of the panels that meet a tile of filters, in the second-level cache
constexpr size_t kDepthwiseColumns = 64;

size_t Size(const graph::Dim& dim) { return static_cast<size_t>(dim.value); }
size_t Size(int64_t value) { return static_cast<size_t>(value); }

}  // namespace

size_t FilterPairBytes(const FilterSizes& sizes) {
  return sizes.groups * sizes.filters * ((sizes.k + 1) / 2 + 1) * sizeof(int32_t);
}

ConvFilters PackFilterPairs(const GemmS8Kernels& kernels, DType dtype, const uint8_t* weights, const FilterSizes& sizes,
                            const Tensor* zero_points, uint8_t* to, ThreadPool* threads) {
  const size_t pairs = kernels.Groups(sizes.k);
  auto* rows = reinterpret_cast<int32_t*>(to);
  int32_t* sums = rows + sizes.groups * sizes.filters * pairs;
  const size_t step = zero_points && zero_points->element_count() > 1 ? 1 : 0;
  ParallelFor(threads, sizes.groups, [&](size_t group) {
    const size_t first = group * sizes.filters;
    const auto pack = [&]<typename T>(const T* from, const T* zeros) {
      PackIntegers<T>(kernels, 0, sizes.filters, sizes.k, from + first * sizes.k,
                      zeros ? zeros + first * step : nullptr, step, rows + first * pairs, sums + first);
    };
    if (dtype == DType::kInt8) {
      pack(reinterpret_cast<const int8_t*>(weights), zero_points ? zero_points->data<int8_t>() : nullptr);
    } else {
      pack(weights, zero_points ? zero_points->data<uint8_t>() : nullptr);
    }
  });
  return {rows, sums, nullptr, nullptr};
}

Result<PackedFilters> PackedFilters::Pack(const GemmS8Kernels& kernels, DType dtype, const uint8_t* weights,
                                          const FilterSizes& sizes, const Tensor* zero_points, MemoryBudget* budget) {
  PackedFilters packed;
  if (kernels.depths == 2) {
    ONEDGE_ASSIGN_OR_RETURN(packed.rows_, Buffer::Allocate(FilterPairBytes(sizes), budget));
    packed.view_ = PackFilterPairs(kernels, dtype, weights, sizes, zero_points, packed.rows_.data(), nullptr);
    return packed;
  }
  const size_t all = sizes.groups * sizes.filters, h = kernels.Groups(sizes.k);
  const size_t tiles = (sizes.filters + kernels.rows - 1) / kernels.rows;
  ONEDGE_ASSIGN_OR_RETURN(packed.rows_,
                          Buffer::Allocate((all * (h + 1) + sizes.groups * tiles) * sizeof(int32_t), budget));
  auto* rows = reinterpret_cast<int32_t*>(packed.rows_.data());
  int32_t* sums = rows + all * h;
  auto* step_ends = reinterpret_cast<uint32_t*>(sums + all);
  // One tile at a time, because the steps of all together are few.
  ONEDGE_ASSIGN_OR_RETURN(const Buffer scratch,
                          Buffer::Allocate(kMostExcess * h * (sizeof(ExcessStep) + sizeof(RowGroup)), budget));
  auto* steps = reinterpret_cast<ExcessStep*>(scratch.data());
  auto* row_excess = reinterpret_cast<RowGroup*>(steps + kMostExcess * h);
  const auto pack_tile = [&](size_t group, size_t tile) {
    const size_t begin = tile * kernels.rows, end = std::min(sizes.filters, begin + kernels.rows);
    const size_t first = group * sizes.filters + begin;
    uint32_t count = 0;
    const PackedBytes to = {rows + first * h, sums + first, &count, steps, row_excess, kernels.rows, h, 0};
    for (size_t f = 0; f < end - begin; ++f) {
      const size_t zero = zero_points && zero_points->element_count() > 1 ? first + f : 0;
      const auto pack = [&]<typename T>(const T* from) {
        const int32_t zero_point = zero_points ? zero_points->data<T>()[zero] : 0;
        PackBytesRow<T>(to, f, from + (first + f) * sizes.k, sizes.k, -zero_point, kernels.limited);
      };
      dtype == DType::kInt8 ? pack(reinterpret_cast<const int8_t*>(weights)) : pack(weights);
    }
    return count;
  };
  uint32_t total = 0;
  for (size_t tile = 0; tile < sizes.groups * tiles; ++tile) {
    total += pack_tile(tile / tiles, tile % tiles);
    step_ends[tile] = total;
  }
  packed.view_ = {rows, sums, step_ends, nullptr};
  if (total == 0) return packed;
  ONEDGE_ASSIGN_OR_RETURN(packed.steps_, Buffer::Allocate(total * sizeof(ExcessStep), budget));
  auto* all_steps = reinterpret_cast<ExcessStep*>(packed.steps_.data());
  for (size_t tile = 0; tile < sizes.groups * tiles; ++tile) {
    const uint32_t begin = tile == 0 ? 0 : step_ends[tile - 1];
    if (step_ends[tile] == begin) continue;
    std::copy_n(steps, pack_tile(tile / tiles, tile % tiles), all_steps + begin);
  }
  packed.view_.steps = all_steps;
  return packed;
}

// The results of one image.
struct ConvS8::Tiles {
  const GemmS8Kernels& kernels;
  const Output& output;
  const int32_t* corrections;  // of each filter
  size_t first_filter;         // of the image, in the output
  size_t pixels;

  // `count` columns of `rows` filters, from pixel `column` on.
  void Finish(size_t filter, size_t rows, size_t column, size_t count, const int32_t* tile, size_t stride) const {
    const size_t at = (first_filter + filter) * pixels + column;
    if (output.bytes) {
      const TileRequantization q = {corrections + filter, output.multipliers + filter, output.quantization.low,
                                    output.quantization.high, output.quantization.zero_point};
      kernels.requantize(rows, count, tile, stride, q, output.bytes + at, pixels);
      return;
    }
    for (size_t r = 0; r < rows; ++r) {
      for (size_t c = 0; c < count; ++c) {
        output.sums[at + r * pixels + c] = static_cast<int32_t>(static_cast<uint32_t>(tile[r * stride + c]) +
                                                                static_cast<uint32_t>(corrections[filter + r]));
      }
    }
  }
};

ConvS8::ConvS8(const GemmS8Kernels& kernels, ops::ConvPlan sizes, size_t threads)
    : kernels_(kernels), sizes_(std::move(sizes)), window_(sizes_.window), k_(sizes_.channels * window_.kernel_size()) {
  const ops::WindowAxis& rows = window_.axis[1];
  const ops::WindowAxis& columns = window_.axis[2];
  const size_t pixels = window_.out_size();
  const size_t channels = sizes_.groups * sizes_.channels;
  if (pixels > 0 && window_.axis[0].kernel == 1 && window_.axis[0].in.is(1) && window_.axis[0].out.is(1)) {
    const double all_rows = static_cast<double>(rows.out.value - 1) * static_cast<double>(rows.stride) +
                            static_cast<double>(rows.kernel - 1) * static_cast<double>(rows.dilation) + 1;
    const double spread = static_cast<double>(columns.kernel - 1) * static_cast<double>(columns.dilation);
    const double phases = std::min(static_cast<double>(columns.stride), spread + 1);
    const double width = static_cast<double>(columns.out.value) + spread / static_cast<double>(columns.stride);
    const double bytes = all_rows * phases * width * static_cast<double>(channels);
    const double reasonable = 8.0 * static_cast<double>(channels * (window_.in_size() + pixels)) + 65536;
    copies_ = bytes <= std::min(reasonable, 2147483648.0);
  }
  if (copies_) {
    padded_rows_ = Size((rows.out.value - 1) * rows.stride + (rows.kernel - 1) * rows.dilation + 1);
    const size_t spread = Size((columns.kernel - 1) * columns.dilation), stride = Size(columns.stride);
    phases_ = std::min(stride, spread + 1);
    phase_width_ = Size(columns.out) + spread / stride;
    plane_ = padded_rows_ * phases_ * phase_width_;
    row_step_ = Size(rows.stride) * phases_ * phase_width_;
    one_run_ = row_step_ == Size(columns.out) || rows.out.is(1);
    offsets_.reserve(k_);
    for (size_t channel = 0; channel < sizes_.channels; ++channel) {
      for (size_t ky = 0; ky < Size(rows.kernel); ++ky) {
        for (size_t kx = 0; kx < Size(columns.kernel); ++kx) {
          const size_t column = kx * Size(columns.dilation);
          const size_t row = ky * Size(rows.dilation) * phases_ + column % stride;
          offsets_.push_back(static_cast<uint32_t>(channel * plane_ + row * phase_width_ + column / stride));
        }
      }
    }
  }
  corrections_offset_ = copies_ ? AlignUp(channels * plane_ + kSlack, size_t{64}) : 0;
  panels_offset_ = corrections_offset_ + AlignUp(sizes_.groups * sizes_.filters * sizeof(int32_t), size_t{64});
  if (copies_ && sizes_.channels == 1 && sizes_.filters == 1) return;  // depthwise: no panels
  const size_t one_panel = kernels_.Groups(k_) * kernels_.depths * kernels_.columns;
  const size_t panels = (pixels + kernels_.columns - 1) / kernels_.columns;
  panels_at_once_ = std::clamp<size_t>(kPanelBytes / std::max<size_t>(one_panel, 1), 1, std::max<size_t>(panels, 1));
  filters_at_once_ = sizes_.filters;
  if (threads > 1) {  // enough tasks for all threads; small images share their filters
    panels_at_once_ = std::clamp<size_t>(panels / (threads * 2), 1, panels_at_once_);
    const size_t tasks = sizes_.groups * ((panels + panels_at_once_ - 1) / panels_at_once_);
    if (tasks < threads * 2) filters_at_once_ = AlignUp(std::max<size_t>(sizes_.filters / 4, 1), kernels_.rows);
  }
  slots_ = std::max<size_t>(threads, 1);
  panel_bytes_ = AlignUp(panels_at_once_ * one_panel, size_t{64});
}

void ConvS8::CopyChannel(const uint8_t* x, uint8_t flip, uint8_t padding, uint8_t* to) const {
  const ops::WindowAxis& rows = window_.axis[1];
  const ops::WindowAxis& columns = window_.axis[2];
  const int64_t stride = columns.stride, width = static_cast<int64_t>(phase_width_);
  const size_t in_width = Size(columns.in), step = phases_ * phase_width_;
  if (flip == 0 && stride == 1 && columns.pad_begin == 0 && phase_width_ == in_width && rows.pad_begin == 0 &&
      padded_rows_ <= Size(rows.in)) {
    std::memcpy(to, x, padded_rows_ * in_width);
    return;
  }
  // The rows of the image that the copy holds; all others are padding.
  const int64_t all = static_cast<int64_t>(padded_rows_);
  const int64_t top = std::clamp<int64_t>(rows.pad_begin, 0, all);
  const int64_t bottom = std::clamp<int64_t>(rows.in.value + rows.pad_begin, top, all);
  std::memset(to, padding, Size(top) * step);
  std::memset(to + Size(bottom) * step, padding, Size(all - bottom) * step);
  for (size_t phase = 0; phase < phases_; ++phase) {
    // Position i holds column i * stride + phase - pad.
    const int64_t shift = static_cast<int64_t>(phase) - columns.pad_begin;
    const int64_t first = std::min(width, shift >= 0 ? 0 : (-shift + stride - 1) / stride);
    const int64_t last =
        shift >= columns.in.value ? first : std::clamp((columns.in.value - shift + stride - 1) / stride, first, width);
    const size_t before = Size(first), count = Size(last - first), after = Size(width - last);
    for (int64_t y = top; y < bottom; ++y) {
      uint8_t* row = to + Size(y) * step + phase * phase_width_;
      const uint8_t* from = x + (y - rows.pad_begin) * columns.in.value + first * stride + shift;
      for (size_t i = 0; i < before; ++i) row[i] = padding;
      row += before;
      if (stride == 1) {
        for (size_t i = 0; i < count; ++i) row[i] = from[i] ^ flip;
      } else if (stride == 2) {
        for (size_t i = 0; i < count; ++i) row[i] = from[2 * i] ^ flip;
      } else {
        for (size_t i = 0; i < count; ++i) row[i] = from[i * Size(stride)] ^ flip;
      }
      for (size_t i = 0; i < after; ++i) row[count + i] = padding;
    }
  }
}

void ConvS8::PackPanel(const Input& input, const uint8_t* image, const int8_t* padded, size_t column, size_t count,
                       int8_t* panel) const {
  const size_t width = Size(window_.axis[2].out);
  if (copies_) {
    WindowRun runs[GemmS8Kernels::kMostColumns];
    size_t used = 0;
    for (size_t done = 0; done < count;) {
      const size_t oy = (column + done) / width, ox = (column + done) % width;
      runs[used++] = {static_cast<uint32_t>(done), static_cast<uint32_t>(oy * row_step_ + ox)};
      done += one_run_ ? count : width - ox;
    }
    kernels_.pack_windows(k_, padded, offsets_.data(), {runs, used}, panel);
    return;
  }
  const size_t groups = kernels_.Groups(k_), taps = window_.kernel_size();
  const ops::WindowAxis* axes = window_.axis;
  const uint8_t flip = Flip(input);
  const auto byte_of = [&](size_t c, size_t depth) {
    uint8_t value = static_cast<uint8_t>(input.zero_point);
    if (depth < k_ && c < count) {
      size_t tap = depth % taps, pixel = column + c, at = depth / taps;
      bool inside = true;
      size_t place[3], kernel[3];
      for (size_t axis = 3; axis-- > 0;) {
        kernel[axis] = tap % Size(axes[axis].kernel);
        tap /= Size(axes[axis].kernel);
        place[axis] = pixel % Size(axes[axis].out);
        pixel /= Size(axes[axis].out);
      }
      for (size_t axis = 0; axis < 3; ++axis) {
        const int64_t i = axes[axis].InputOf(static_cast<int64_t>(place[axis]), static_cast<int64_t>(kernel[axis]));
        inside = inside && i >= 0 && i < axes[axis].in.value;
        at = at * Size(axes[axis].in) + Size(std::max<int64_t>(i, 0));
      }
      if (inside) value = image[at];
    }
    return static_cast<int8_t>(value ^ flip);
  };
  for (size_t first = 0; first < groups; first += kernels_.groups_together) {
    for (size_t c = 0; c < kernels_.columns; ++c) {
      for (size_t p = first; p < first + kernels_.groups_together; ++p) {
        for (size_t depth = p; depth < kernels_.depths * groups; depth += groups) *panel++ = byte_of(c, depth);
      }
    }
  }
}

void ConvS8::RunDepthwise(const int8_t* padded, const ConvFilters& filters, const Tiles& tiles,
                          ThreadPool* threads) const {
  const size_t width = one_run_ ? window_.out_size() : Size(window_.axis[2].out);
  const size_t rows = window_.out_size() / width;
  const size_t pairs = kernels_.Groups(k_);
  ParallelFor(threads, sizes_.groups, [&](size_t channel) {
    int32_t sums[kDepthwiseColumns + 16];
    for (size_t oy = 0; oy < rows; ++oy) {
      const int8_t* corner = padded + channel * plane_ + oy * row_step_;
      for (size_t ox = 0; ox < width; ox += kDepthwiseColumns) {
        const size_t count = std::min(kDepthwiseColumns, width - ox);
        kernels_.depthwise(k_, corner + ox, offsets_.data(), filters.rows + channel * pairs, count, sums);
        tiles.Finish(channel, 1, oy * width + ox, count, sums, 0);
      }
    }
  });
}

void ConvS8::RunProducts(const Input& input, const uint8_t* image, const int8_t* padded, const ConvFilters& filters,
                         const Tiles& tiles, uint8_t* workspace, ThreadPool* threads) const {
  const size_t pixels = window_.out_size(), columns = kernels_.columns, k_groups = kernels_.Groups(k_);
  const size_t column_bytes = k_groups * kernels_.depths;
  const size_t tiles_of_group = (sizes_.filters + kernels_.rows - 1) / kernels_.rows;
  const size_t at_once = panels_at_once_ * columns;
  const size_t column_blocks = (pixels + at_once - 1) / at_once;
  const size_t filter_blocks = (sizes_.filters + filters_at_once_ - 1) / filters_at_once_;
  const size_t tasks = sizes_.groups * column_blocks * filter_blocks;
  ParallelFor(threads, slots_, [&](size_t slot) {
    auto* panels = reinterpret_cast<int8_t*>(workspace + slot * panel_bytes_);
    for (size_t task = slot; task < tasks; task += slots_) {
      const size_t group = task / filter_blocks / column_blocks;
      const size_t begin = task / filter_blocks % column_blocks * at_once, end = std::min(pixels, begin + at_once);
      for (size_t j = begin; j < end; j += columns) {
        PackPanel(input, image + group * sizes_.channels * window_.in_size(), padded + group * sizes_.channels * plane_,
                  j, std::min(columns, end - j), panels + (j - begin) * column_bytes);
      }
      const size_t first = task % filter_blocks * filters_at_once_;
      const size_t last = std::min(sizes_.filters, first + filters_at_once_);
      for (size_t i = first; i < last; i += kernels_.rows) {
        const size_t rows = std::min(kernels_.rows, last - i);
        const int32_t* packed = filters.rows + (group * sizes_.filters + i) * k_groups;
        GemmS8Kernels::Excess excess = {};
        if (filters.steps) {
          const size_t index = group * tiles_of_group + i / kernels_.rows;
          const uint32_t first_step = index == 0 ? 0 : filters.step_ends[index - 1];
          excess = {filters.steps + first_step, filters.step_ends[index] - first_step, nullptr};
        }
        for (size_t j = begin; j < end; j += columns) {
          alignas(64) int32_t tile[6 * GemmS8Kernels::kMostColumns];
          excess.panel = panels + (j - begin) * column_bytes;
          kernels_.tiles[rows - 1](k_groups, packed, k_groups, excess.panel, tile, columns, false, excess);
          tiles.Finish(group * sizes_.filters + i, rows, j, std::min(columns, end - j), tile, columns);
        }
      }
    }
  });
}

void ConvS8::Run(const Input& input, const ConvFilters& filters, const Output& output, uint8_t* workspace,
                 ThreadPool* threads) const {
  const size_t all_filters = sizes_.groups * sizes_.filters, channels = sizes_.groups * sizes_.channels;
  if (window_.out_size() == 0 || all_filters == 0) return;
  const uint8_t flip = Flip(input);
  auto* corrections = reinterpret_cast<int32_t*>(workspace + corrections_offset_);
  const uint32_t missing = static_cast<uint32_t>((flip == 0 ? 0 : input.is_unsigned ? 128 : -128) - input.zero_point);
  for (size_t filter = 0; filter < all_filters; ++filter) {
    const uint32_t bias = output.bias ? static_cast<uint32_t>(output.bias[filter]) : 0;
    corrections[filter] = static_cast<int32_t>(missing * static_cast<uint32_t>(filters.sums[filter]) + bias);
  }
  const auto padding = static_cast<uint8_t>(static_cast<uint8_t>(input.zero_point) ^ flip);
  for (size_t n = 0; n < sizes_.batch; ++n) {
    const uint8_t* image = input.x + n * channels * window_.in_size();
    if (copies_) {
      ParallelFor(threads, channels, [&](size_t channel) {
        CopyChannel(image + channel * window_.in_size(), flip, padding, workspace + channel * plane_);
      });
    }
    const Tiles tiles = {kernels_, output, corrections, n * all_filters, window_.out_size()};
    const auto* padded = reinterpret_cast<const int8_t*>(workspace);
    if (copies_ && depthwise()) {
      RunDepthwise(padded, filters, tiles, threads);
    } else {
      RunProducts(input, image, padded, filters, tiles, workspace + panels_offset_, threads);
    }
  }
}

}  // namespace onedge::backends::cpu

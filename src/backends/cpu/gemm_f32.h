// f32 matrix products: c[m, n] = a[m, k] * b[k, n], over operands packed for a register tile of `rows` x `columns`.
// Every element of c is one accumulator over ascending k, bias added last: its bits depend neither on the tiling, nor
// on the other rows, nor on the number of threads. Everything here is stateless; packed weights are read-only and
// shared.
//
// Layouts. Packed rows (of a): tiles of TileRows rows, in blocks of RowBlock rows; a tile of r rows is [k][r]. Kernels
// with `direct_rows` read plain rows instead, [k] each, `stride` apart. Packed columns (of b): panels of `columns`
// columns, the last one padded with zeros; a panel is [k][columns].
#pragma once

#include <algorithm>
#include <span>
#include <type_traits>
#include <vector>

#include "base/buffer.h"
#include "base/check.h"
#include "base/thread_pool.h"
#include "ops/math/activate.h"

namespace onedge::backends::cpu {

inline constexpr size_t kMaxTileRows = 6;
inline constexpr size_t kMaxTileColumns = 16;
inline constexpr size_t kMaxPanels = 4;
// Depth of a block of b that stays in the first-level cache while all rows use it: 12 KB at 8 columns, 24 KB at
// 16.
inline constexpr size_t kDepthBlock = 384;

// WebAssembly has no prefetch, and the loop around it would stay.
#if defined(__wasm__)
inline constexpr bool kPrefetches = false;
#else
inline constexpr bool kPrefetches = true;
#endif

struct GemmF32Kernels {
  std::string_view name;
  size_t rows;
  size_t columns;
  // AVX2 broadcasts from any row at no cost. V8 computes one more address for each row, and is 10 % faster on packed
  // rows.
  bool direct_rows;
  // c[r, columns] = (accumulate ? c : 0) + a * b, for a tile of r = 1 + index rows. `a` is [k][r], or r rows a_stride
  // apart; row i of `b` starts at b + i * b_stride; row i of `c` at c + i * c_stride.
  using Tile = void (*)(size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, float* c,
                        size_t c_stride, bool accumulate);
  Tile tiles[kMaxTileRows];
  // c[r, panels * columns] = a * b, for a tile of r = 1 + index rows. The panels of `b` are panel_stride apart.
  struct WideTile {
    size_t panels;
    void (*run)(size_t k, const float* a, size_t a_stride, const float* b, size_t b_stride, size_t panel_stride,
                float* c, size_t c_stride);
  };
  WideTile wide_tiles[kMaxTileRows];
  // The height of the next tile if `left` rows of a block are left. No tile is much lower than the others: two tiles of
  // 4 rows take less time than one of 6 and one of 2.
  size_t TileRows(size_t left) const {
    if (left > rows && left - rows < (rows + 1) / 2) return (left + 1) / 2;
    return std::min(rows, left);
  }
  // Rows of a block of c: a whole number of tiles, so few that a block of 384 columns of a (200 KB) stays in the
  // second-level cache.
  size_t RowBlock() const { return 132 / rows * rows; }
  // c[r, columns] = activation(c + bias of the column + bias of the row); either bias may be null.
  void (*finish)(size_t r, float* c, size_t c_stride, const float* column_bias, const float* row_bias,
                 const ops::Activation& activation);
};

// The best kernels for this processor. `exact`: kernels that give the same bits on every host.
const GemmF32Kernels& SelectGemmF32(bool exact);
// All kernels that this processor can run, for tests and benchmarks.
std::span<const GemmF32Kernels* const> AllGemmF32();

// The number of floats in the packed form of b.
inline size_t PackedColumnsSize(const GemmF32Kernels& kernels, size_t k, size_t n) {
  return (n + kernels.columns - 1) / kernels.columns * kernels.columns * k;
}
// Element (i, j) of b is b[i * k_stride + j * n_stride].
void PackColumns(const GemmF32Kernels& kernels, size_t k, size_t n, const float* b, size_t k_stride, size_t n_stride,
                 float* out);
// Rows of a in the form that the kernels read.
struct RowsView {
  const float* data;
  size_t stride;  // direct_rows only
  size_t k;
  // The tile of `rows` rows that starts at row i, from depth k0 on.
  const float* Tile(const GemmF32Kernels& kernels, size_t i, size_t k0, size_t rows) const {
    return kernels.direct_rows ? data + i * stride + k0 : data + i * k + k0 * rows;
  }
  RowsView From(const GemmF32Kernels& kernels, size_t i) const {
    return {data + i * (kernels.direct_rows ? stride : k), stride, k};
  }
};

// True if the kernels can read a in place: one row is its own packed form.
inline bool ReadsInPlace(const GemmF32Kernels& kernels, size_t m, size_t k_stride) {
  return (kernels.direct_rows || m == 1) && k_stride == 1;
}
// Packs rows [begin, end) of a into `out`, the packed form of all m rows (m * k floats). Element (i, j) of a is a[i *
// m_stride + j * k_stride]. REQUIRES: begin is a multiple of kernels.RowBlock(); so is end, unless it is m.
void PackRows(const GemmF32Kernels& kernels, size_t begin, size_t end, size_t k, const float* a, size_t m_stride,
              size_t k_stride, float* out);

struct GemmF32Epilogue {
  const float* column_bias = nullptr;  // readable up to a whole number of panels
  const float* row_bias = nullptr;
  ops::Activation activation;
  bool Finishes() const { return column_bias || row_bias || activation; }
};

// Part of b: each row is readable for the width of a whole panel.
struct PanelView {
  const float* data;
  size_t stride;
};

// Several panels of b, each readable for its whole width; null if a reader must go panel by panel.
struct WideView {
  const float* data = nullptr;
  size_t stride = 0;
  size_t panel_stride = 0;
};

// The panels from PackColumns.
struct PackedPanels {
  const float* packed;
  size_t k;
  size_t columns;
  PanelView operator()(size_t k0, size_t, size_t j, size_t, float*) const {
    return {packed + j * k + k0 * columns, columns};
  }
  const float* Following(size_t k0, size_t j, size_t n_end) const {
    if (j + columns >= n_end) return nullptr;
    return packed + (j + columns) * k + k0 * columns;
  }
  WideView Wide(size_t j, size_t n_end, size_t panels) const {
    if (n_end - j <= (panels - 1) * columns) return {};
    return {packed + j * k, columns, k * columns};
  }
};

// Computes columns of a block of one tile of rows, from n_begin on, as GemmF32Block does, until fewer are left
// than a wide tile has. Returns the first column that it left.
template <typename Panel>
size_t GemmF32WideTiles(const GemmF32Kernels& kernels, size_t m, size_t n_begin, size_t n_end, size_t k,
                        const RowsView& a, const Panel& panel, float* c, size_t c_stride,
                        const GemmF32Epilogue& epilogue) {
  const GemmF32Kernels::WideTile& wide = kernels.wide_tiles[m - 1];
  const size_t width = wide.panels * kernels.columns;
  size_t j = n_begin;
  for (; j < n_end; j += width) {
    const WideView b = panel.Wide(j, n_end, wide.panels);
    if (!b.data) return j;
    alignas(64) float edge[kMaxTileRows * kMaxPanels * kMaxTileColumns];
    const bool is_edge = n_end - j < width;
    float* tile = is_edge ? edge : c + j;
    const size_t stride = is_edge ? width : c_stride;
    wide.run(k, a.Tile(kernels, 0, 0, m), a.stride, b.data, b.stride, b.panel_stride, tile, stride);
    for (size_t done = 0; epilogue.Finishes() && done < width; done += kernels.columns) {
      kernels.finish(m, tile + done, stride, epilogue.column_bias ? epilogue.column_bias + j + done : nullptr,
                     epilogue.row_bias, epilogue.activation);
    }
    for (size_t r = 0; is_edge && r < m; ++r) std::copy_n(edge + r * stride, n_end - j, c + r * c_stride + j);
  }
  return n_end;
}

// Computes one block of c on the caller's thread: `m` rows, columns [n_begin, n_end) of n. `panel(k0, k, j, columns,
// scratch)` returns rows [k0, k0 + k) of columns [j, j + columns) as a PanelView; it may build them in `scratch`, of
// kDepthBlock * kernels.columns floats. REQUIRES: n_begin is a multiple of kernels.columns.
template <typename Panel>
void GemmF32Block(const GemmF32Kernels& kernels, size_t m, size_t n_begin, size_t n_end, size_t k, const RowsView& a,
                  const Panel& panel, float* c, size_t c_stride, const GemmF32Epilogue& epilogue) {
  ONEDGE_DCHECK(n_begin % kernels.columns == 0);
  if constexpr (requires { panel.Wide(n_begin, n_end, m); }) {
    if (m > 0 && m <= kernels.rows) {
      n_begin = GemmF32WideTiles(kernels, m, n_begin, n_end, k, a, panel, c, c_stride, epilogue);
      if (n_begin == n_end) return;
    }
  }
  alignas(64) float scratch[kDepthBlock * kMaxTileColumns];
  const bool finishes = epilogue.Finishes();
  size_t k0 = 0;
  do {  // once even if k is 0
    const size_t depth = std::min(kDepthBlock, k - k0);
    const bool last = k0 + depth == k;
    for (size_t j = n_begin; j < n_end; j += kernels.columns) {
      const size_t columns = std::min(kernels.columns, n_end - j);
      const PanelView b = panel(k0, depth, j, columns, scratch);
      const float* next = nullptr;
      if constexpr (kPrefetches && std::is_same_v<Panel, PackedPanels>) next = panel.Following(k0, j, n_end);
      const size_t tiles = (m + kernels.rows - 1) / kernels.rows;
      const size_t ahead = next ? (depth * kernels.columns / 16 + tiles - 1) / tiles * 16 : 0;
      for (size_t i = 0, rows; i < m; i += rows) {
        for (size_t p = 0; kPrefetches && p < ahead; p += 16) __builtin_prefetch(next + p, 0, 2);
        next += ahead;
        rows = kernels.TileRows(m - i);
        alignas(64) float edge[kMaxTileRows * kMaxTileColumns];
        float* target = c + i * c_stride + j;
        float* tile = target;
        size_t stride = c_stride;
        if (columns < kernels.columns) {
          tile = edge;
          stride = kMaxTileColumns;
          for (size_t r = 0; k0 > 0 && r < rows; ++r) std::copy_n(target + r * c_stride, columns, edge + r * stride);
        }
        kernels.tiles[rows - 1](depth, a.Tile(kernels, i, k0, rows), a.stride, b.data, b.stride, tile, stride, k0 > 0);
        if (last && finishes) {
          kernels.finish(rows, tile, stride, epilogue.column_bias ? epilogue.column_bias + j : nullptr,
                         epilogue.row_bias ? epilogue.row_bias + i : nullptr, epilogue.activation);
        }
        for (size_t r = 0; tile == edge && r < rows; ++r)
          std::copy_n(edge + r * stride, columns, target + r * c_stride);
      }
    }
    k0 += depth;
  } while (k0 < k);
}

// A b that is not packed: element (i, j) is b[i * k_stride + j * n_stride]. Panels are packed just before use. If
// `direct`, they are read in place, which is faster for few rows or for rows that lie close together.
struct StridedPanels {
  const GemmF32Kernels* kernels;
  const float* b;
  size_t k_stride;
  size_t n_stride;
  bool direct;
  PanelView operator()(size_t k0, size_t k, size_t j, size_t columns, float* scratch) const {
    const float* from = b + k0 * k_stride + j * n_stride;
    if (direct && n_stride == 1 && columns == kernels->columns) return {from, k_stride};
    PackColumns(*kernels, k, columns, from, k_stride, n_stride, scratch);
    return {scratch, kernels->columns};
  }
  WideView Wide(size_t j, size_t n_end, size_t panels) const {
    if (n_stride != 1 || n_end - j < panels * kernels->columns) return {};
    return {b + j, k_stride, kernels->columns};
  }
};

// Columns of a block: few, so that threads share the work of a narrow matrix.
inline constexpr size_t kColumnBlock = 48;

// Rows of a that RunGemmF32 packs at a time; more would only take memory.
inline size_t GemmF32RowsAtATime(const GemmF32Kernels& kernels, size_t m, size_t k) {
  constexpr size_t kLimit = size_t{1} << 20;  // floats
  const size_t block = kernels.RowBlock();
  return std::min(m, std::max(kLimit / std::max<size_t>(k, 1) / block * block, block));
}
inline size_t GemmF32WorkspaceBytes(const GemmF32Kernels& kernels, size_t m, size_t k, size_t k_stride) {
  return ReadsInPlace(kernels, m, k_stride) ? 0 : GemmF32RowsAtATime(kernels, m, k) * k * sizeof(float);
}

// Computes c [m, n], rows c_stride apart, = a * b, in blocks spread over the threads.
template <typename Panel>
void RunGemmF32Blocks(const GemmF32Kernels& kernels, size_t m, size_t n, size_t k, const RowsView& a,
                      const Panel& panel, float* c, size_t c_stride, const GemmF32Epilogue& epilogue,
                      ThreadPool* threads) {
  const size_t block = kernels.RowBlock();
  const size_t width = m <= kernels.rows ? kMaxPanels * kernels.columns : kColumnBlock;
  const size_t row_blocks = (m + block - 1) / block;
  const size_t column_blocks = (n + width - 1) / width;
  ParallelFor(threads, row_blocks * column_blocks, [&](size_t task) {
    const size_t i = task / column_blocks * block;
    const size_t j = task % column_blocks * width;
    GemmF32Epilogue part = epilogue;
    if (part.row_bias) part.row_bias += i;
    GemmF32Block(kernels, std::min(block, m - i), j, std::min(n, j + width), k, a.From(kernels, i), panel,
                 c + i * c_stride, c_stride, part);
  });
}

// The same; element (i, j) of a is a[i * m_stride + j * k_stride]. `workspace`: GemmF32WorkspaceBytes(kernels, m, k,
// k_stride), 64-byte aligned.
template <typename Panel>
void RunGemmF32(const GemmF32Kernels& kernels, size_t m, size_t n, size_t k, const float* a, size_t m_stride,
                size_t k_stride, const Panel& panel, float* c, size_t c_stride, const GemmF32Epilogue& epilogue,
                uint8_t* workspace, ThreadPool* threads) {
  if (ReadsInPlace(kernels, m, k_stride)) {
    return RunGemmF32Blocks(kernels, m, n, k, RowsView{a, m_stride, k}, panel, c, c_stride, epilogue, threads);
  }
  float* packed = reinterpret_cast<float*>(workspace);
  const size_t step = GemmF32RowsAtATime(kernels, m, k);
  const size_t block = kernels.RowBlock();
  for (size_t first = 0; first < m; first += step) {
    const size_t count = std::min(step, m - first);
    ParallelFor(threads, (count + block - 1) / block, [&](size_t task) {
      PackRows(kernels, task * block, std::min(count, (task + 1) * block), k, a + first * m_stride, m_stride, k_stride,
               packed);
    });
    GemmF32Epilogue part = epilogue;
    if (part.row_bias) part.row_bias += first;
    RunGemmF32Blocks(kernels, count, n, k, RowsView{packed, k, k}, panel, c + first * c_stride, c_stride, part,
                     threads);
  }
}

}  // namespace onedge::backends::cpu

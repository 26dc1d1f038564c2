#include "ops/movement/strided_copy.h"

#include <algorithm>

namespace onedge::ops {
namespace {

// The number of bytes that justifies a separate task.
constexpr int64_t kTaskBytes = 128 * 1024;

// Drops axes of size 1 and merges neighbours that form one run on both sides. False if there is nothing to copy.
bool Simplify(const CopyAxes& axes, CopyAxes& out) {
  for (const CopyAxis& axis : axes) {
    if (axis.size == 0) return false;
    if (axis.size == 1) continue;
    if (!out.empty() && out.back().from == axis.from * axis.size && out.back().to == axis.to * axis.size) {
      out.back() = {out.back().size * axis.size, axis.from, axis.to};
    } else {
      out.push_back(axis);
    }
  }
  return true;
}

using CopyPlane = void (*)(const uint8_t* from, uint8_t* to, const CopyAxis& rows, const CopyAxis& columns);

template <typename T>
void CopyRows(const uint8_t* from_bytes, uint8_t* to_bytes, const CopyAxis& rows, const CopyAxis& columns) {
  const T* from = reinterpret_cast<const T*>(from_bytes);
  T* to = reinterpret_cast<T*>(to_bytes);
  for (int64_t row = 0; row < rows.size; ++row, from += rows.from, to += rows.to) {
    if (columns.from == 1 && columns.to == 1) {
      std::copy_n(from, columns.size, to);
    } else if (columns.from == 0 && columns.to == 1) {
      std::fill_n(to, columns.size, *from);
    } else {
      for (int64_t i = 0; i < columns.size; ++i) to[i * columns.to] = from[i * columns.from];
    }
  }
}

typedef uint32_t U32x4 __attribute__((vector_size(16)));

// Four rows of four cells each: to[r][c] = from[c][r].
inline void TransposeBlock(const uint32_t* from, int64_t from_step, uint32_t* to, int64_t to_step) {
  U32x4 v[4];
  for (int64_t c = 0; c < 4; ++c) __builtin_memcpy(&v[c], from + c * from_step, sizeof(U32x4));
  const U32x4 low01 = __builtin_shufflevector(v[0], v[1], 0, 4, 1, 5);
  const U32x4 high01 = __builtin_shufflevector(v[0], v[1], 2, 6, 3, 7);
  const U32x4 low23 = __builtin_shufflevector(v[2], v[3], 0, 4, 1, 5);
  const U32x4 high23 = __builtin_shufflevector(v[2], v[3], 2, 6, 3, 7);
  const U32x4 rows[4] = {
      __builtin_shufflevector(low01, low23, 0, 1, 4, 5), __builtin_shufflevector(low01, low23, 2, 3, 6, 7),
      __builtin_shufflevector(high01, high23, 0, 1, 4, 5), __builtin_shufflevector(high01, high23, 2, 3, 6, 7)};
  for (int64_t r = 0; r < 4; ++r) __builtin_memcpy(to + r * to_step, &rows[r], sizeof(U32x4));
}

// Rows are dense at the source, columns at the target. Copies square blocks, so that each cache line is fetched once.
template <typename T>
void CopyTransposed(const uint8_t* from_bytes, uint8_t* to_bytes, const CopyAxis& rows, const CopyAxis& columns) {
  constexpr int64_t kBlock = sizeof(T) < 16 ? 64 / static_cast<int64_t>(sizeof(T)) : 4;
  const T* from = reinterpret_cast<const T*>(from_bytes);
  T* to = reinterpret_cast<T*>(to_bytes);
  for (int64_t row0 = 0; row0 < rows.size; row0 += kBlock) {
    const int64_t row_end = std::min(row0 + kBlock, rows.size);
    for (int64_t column0 = 0; column0 < columns.size; column0 += kBlock) {
      const int64_t column_end = std::min(column0 + kBlock, columns.size);
      int64_t row = row0;
      if constexpr (std::is_same_v<T, uint32_t>) {
        for (; column_end - column0 == kBlock && row + 4 <= row_end; row += 4) {
          for (int64_t column = column0; column < column_end; column += 4) {
            TransposeBlock(from + row + column * columns.from, columns.from, to + row * rows.to + column, rows.to);
          }
        }
      }
      for (; row < row_end; ++row) {
        T* target = to + row * rows.to;
        const T* source = from + row;
        for (int64_t column = column0; column < column_end; ++column) target[column] = source[column * columns.from];
      }
    }
  }
}

}  // namespace

void CopyStrided(CellType type, const uint8_t* from, uint8_t* to, const CopyAxes& axes, ThreadPool* threads) {
  CopyAxes outer;
  if (!Simplify(axes, outer)) return;
  CopyAxis columns = {1, 1, 1};
  CopyAxis rows = {1, 1, 1};
  if (!outer.empty()) {
    columns = outer.back();
    outer.pop_back();
  }
  bool transposed = false;
  if (!outer.empty()) {
    size_t row_axis = outer.size() - 1;
    for (size_t i = 0; i < outer.size() && columns.to == 1 && columns.from != 1; ++i) {
      if (outer[i].from != 1) continue;
      row_axis = i;
      transposed = true;
    }
    rows = outer[row_axis];
    outer.erase(row_axis);
  }
  CopyPlane copy = nullptr;
  DispatchCell(type, [&]<typename T>(std::type_identity<T>) { copy = transposed ? CopyTransposed<T> : CopyRows<T>; });

  int64_t planes = 1;
  for (const CopyAxis& axis : outer) planes *= axis.size;
  const auto width = static_cast<int64_t>(CellBytes(type));
  const int64_t plane_bytes = rows.size * columns.size * width;
  const int64_t planes_per_task = std::clamp<int64_t>(kTaskBytes / plane_bytes, 1, planes);
  const auto tasks = static_cast<size_t>((planes + planes_per_task - 1) / planes_per_task);
  ParallelFor(threads, tasks, [&](size_t task) {
    const int64_t first = static_cast<int64_t>(task) * planes_per_task;
    const int64_t last = std::min(first + planes_per_task, planes);
    InlineVector<int64_t, 8> index(outer.size());
    int64_t from_offset = 0;
    int64_t to_offset = 0;
    int64_t rest = first;
    for (size_t i = outer.size(); i-- > 0;) {
      index[i] = rest % outer[i].size;
      rest /= outer[i].size;
      from_offset += index[i] * outer[i].from;
      to_offset += index[i] * outer[i].to;
    }
    for (int64_t plane = first; plane < last; ++plane) {
      copy(from + from_offset * width, to + to_offset * width, rows, columns);
      for (size_t i = outer.size(); i-- > 0;) {
        from_offset += outer[i].from;
        to_offset += outer[i].to;
        if (++index[i] < outer[i].size) break;
        index[i] = 0;
        from_offset -= outer[i].from * outer[i].size;
        to_offset -= outer[i].to * outer[i].size;
      }
    }
  });
}

void FillCells(CellType type, const uint8_t* value, uint8_t* to, int64_t count) {
  CopyStrided(type, value, to, {{count, 0, 1}}, nullptr);
}

}  // namespace onedge::ops

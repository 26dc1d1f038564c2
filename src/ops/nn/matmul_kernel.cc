#include "ops/nn/matmul_kernel.h"

#include <algorithm>
#include <cstring>

namespace onedge::ops {
namespace {

template <typename T>
struct VectorOf {
  typedef T type __attribute__((vector_size(16)));
};

// kRows rows by two vectors of columns in registers; 4 rows need 11 of the 16 registers of SSE and wasm SIMD engines.
template <typename T, size_t kRows>
void MatMulTile(const MatMulBlock<T>& p, size_t row, size_t column) {
  using Vector = typename VectorOf<T>::type;
  constexpr size_t kLanes = sizeof(Vector) / sizeof(T);
  Vector sums[kRows][2] = {};
  const T* a[kRows];
  for (size_t r = 0; r < kRows; ++r) a[r] = p.a + (row + r) * p.a_row;
  const T* b = p.b + column;
  for (size_t k = 0; k < p.k; ++k, b += p.b_row) {
    Vector b0, b1;
    std::memcpy(&b0, b, sizeof b0);
    std::memcpy(&b1, b + kLanes, sizeof b1);
    for (size_t r = 0; r < kRows; ++r) {
      const T scalar = a[r][k * p.a_k];
      sums[r][0] = sums[r][0] + scalar * b0;
      sums[r][1] = sums[r][1] + scalar * b1;
    }
  }
  for (size_t r = 0; r < kRows; ++r) std::memcpy(p.c + (row + r) * p.c_row + column, sums[r], sizeof sums[r]);
}

template <typename T, size_t kRows>
void MatMulColumn(const MatMulBlock<T>& p, size_t row, size_t column) {
  T sums[kRows] = {};
  const T* b = p.b + column;
  for (size_t k = 0; k < p.k; ++k, b += p.b_row) {
    for (size_t r = 0; r < kRows; ++r) sums[r] = sums[r] + p.a[(row + r) * p.a_row + k * p.a_k] * *b;
  }
  for (size_t r = 0; r < kRows; ++r) p.c[(row + r) * p.c_row + column] = sums[r];
}

Result<Dim> Contract(const Dim& a, const Dim& b) {
  if (a.known() && b.known() && a.value != b.value) {
    return InvalidArgument("input 1: expected K = ", a.value, " rows to match the columns of input 0, got ", b.value);
  }
  return a.known() ? a : b;
}

}  // namespace

template <typename T>
void RunMatMul(const MatMulBlock<T>& p) {
  constexpr size_t kColumns = 32 / sizeof(T);
  constexpr size_t kRows = 4;
  const size_t whole_rows = p.m / kRows * kRows;
  size_t column = 0;
  for (; column + kColumns <= p.n; column += kColumns) {
    size_t row = 0;
    for (; row < whole_rows; row += kRows) MatMulTile<T, kRows>(p, row, column);
    for (; row < p.m; ++row) MatMulTile<T, 1>(p, row, column);
  }
  for (; column < p.n; ++column) {
    size_t row = 0;
    for (; row < whole_rows; row += kRows) MatMulColumn<T, kRows>(p, row, column);
    for (; row < p.m; ++row) MatMulColumn<T, 1>(p, row, column);
  }
}

template <typename T>
void RunMatMul(const MatMulBlock<T>& p, ThreadPool* pool) {
  constexpr size_t kRowChunk = 32;
  constexpr size_t kColumnChunk = 256;
  if (!pool || p.m * p.n * p.k < size_t{1} << 15) return RunMatMul(p);
  const size_t rows = (p.m + kRowChunk - 1) / kRowChunk;
  const size_t columns = (p.n + kColumnChunk - 1) / kColumnChunk;
  ParallelFor(pool, rows * columns, [&](size_t i) {
    const size_t row = i / columns * kRowChunk;
    const size_t column = i % columns * kColumnChunk;
    MatMulBlock<T> part = p;
    part.a += row * p.a_row;
    part.b += column;
    part.c += row * p.c_row + column;
    part.m = std::min(kRowChunk, p.m - row);
    part.n = std::min(kColumnChunk, p.n - column);
    RunMatMul(part);
  });
}

template <typename T>
void TransposeMatrix(const T* x, size_t rows, size_t columns, T* out) {
  constexpr size_t kBlock = 16;
  for (size_t row = 0; row < rows; row += kBlock) {
    const size_t last = std::min(rows, row + kBlock);
    for (size_t column = 0; column < columns; ++column) {
      for (size_t r = row; r < last; ++r) out[column * rows + r] = x[r * columns + column];
    }
  }
}

template void RunMatMul(const MatMulBlock<float>&);
template void RunMatMul(const MatMulBlock<double>&);
template void RunMatMul(const MatMulBlock<uint32_t>&);
template void RunMatMul(const MatMulBlock<uint64_t>&);
template void RunMatMul(const MatMulBlock<float>&, ThreadPool*);
template void RunMatMul(const MatMulBlock<double>&, ThreadPool*);
template void RunMatMul(const MatMulBlock<uint32_t>&, ThreadPool*);
template void RunMatMul(const MatMulBlock<uint64_t>&, ThreadPool*);
template void TransposeMatrix(const float*, size_t, size_t, float*);
template void TransposeMatrix(const double*, size_t, size_t, double*);
template void TransposeMatrix(const uint32_t*, size_t, size_t, uint32_t*);
template void TransposeMatrix(const uint64_t*, size_t, size_t, uint64_t*);

Result<Dims> MatMulDims(const Dims& a, const Dims& b, bool trans_a, bool trans_b) {
  if (a.empty() || b.empty()) {
    return InvalidArgument("input ", a.empty() ? 0 : 1, ": expected at least one dimension, got a scalar");
  }
  const bool a_is_vector = a.size() == 1;
  const bool b_is_vector = b.size() == 1;
  const Dim m = a_is_vector ? Dim::Known(1) : a[a.size() - (trans_a ? 1 : 2)];
  const Dim a_k = a_is_vector ? a[0] : a[a.size() - (trans_a ? 2 : 1)];
  const Dim b_k = b_is_vector ? b[0] : b[b.size() - (trans_b ? 1 : 2)];
  const Dim n = b_is_vector ? Dim::Known(1) : b[b.size() - (trans_b ? 2 : 1)];
  ONEDGE_RETURN_IF_ERROR(Contract(a_k, b_k).status());
  const Dims a_batch(a.begin(), a.end() - (a_is_vector ? 1 : 2));
  const Dims b_batch(b.begin(), b.end() - (b_is_vector ? 1 : 2));
  ONEDGE_ASSIGN_OR_RETURN(Dims out, BroadcastDims(a_batch, b_batch));
  if (!a_is_vector) out.push_back(m);
  if (!b_is_vector) out.push_back(n);
  return out;
}

size_t MatMulPlan::BatchOf(size_t batch, const InlineVector<int64_t, 8>& strides) const {
  size_t index = 0;
  for (size_t i = batch_shape.rank(); i-- > 0;) {
    const size_t size = static_cast<size_t>(batch_shape[i]);
    index += batch % size * static_cast<size_t>(strides[i]);
    batch /= size;
  }
  return index;
}

Result<MatMulPlan> PlanMatMul(const Shape& a, const Shape& b, bool trans_a, bool trans_b) {
  MatMulPlan plan;
  ONEDGE_ASSIGN_OR_RETURN(const Dims dims, MatMulDims(graph::DimsOf(a), graph::DimsOf(b), trans_a, trans_b));
  plan.out = *graph::ShapeOf(dims);
  ONEDGE_RETURN_IF_ERROR(plan.out.Check());
  const bool a_is_vector = a.rank() == 1;
  const bool b_is_vector = b.rank() == 1;
  plan.m = a_is_vector ? 1 : static_cast<size_t>(a[a.rank() - (trans_a ? 1 : 2)]);
  plan.k = static_cast<size_t>(a_is_vector ? a[0] : a[a.rank() - (trans_a ? 2 : 1)]);
  plan.n = b_is_vector ? 1 : static_cast<size_t>(b[b.rank() - (trans_b ? 2 : 1)]);
  const size_t trailing = (a_is_vector ? 0 : 1) + (b_is_vector ? 0 : 1);
  plan.batch_shape = Shape(plan.out.begin(), plan.out.end() - trailing);
  // One matrix serves every batch of a, so the batches are simply more rows.
  const bool b_is_one_matrix = b.rank() <= 2 && !a_is_vector && !trans_a;
  if (b_is_one_matrix) {
    plan.m *= static_cast<size_t>(plan.batch_shape.element_count());
    plan.batch_shape = {};
  }
  plan.batches = static_cast<size_t>(plan.batch_shape.element_count());
  const auto strides_of = [&](const Shape& shape) {
    InlineVector<int64_t, 8> strides(plan.batch_shape.rank(), 0);
    const size_t own = shape.rank() > 2 ? shape.rank() - 2 : 0;
    int64_t stride = 1;
    for (size_t i = 0; i < std::min(own, plan.batch_shape.rank()); ++i) {
      const int64_t size = shape[own - 1 - i];
      if (size != 1) strides[plan.batch_shape.rank() - 1 - i] = stride;
      stride *= size;
    }
    return strides;
  };
  plan.a_strides = strides_of(a);
  plan.b_strides = strides_of(b);
  return plan;
}

}  // namespace onedge::ops

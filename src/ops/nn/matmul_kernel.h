// The portable matrix product under MatMul, Gemm, Conv (1x1) and attention, and its shapes. Every output element is one
// chain acc = acc + a * b over ascending k, for any blocking and thread count.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// c[i, j] = sum over k of a[i, k] * b[k, j]. a is read at a[i * a_row + k * a_k], b at b[k * b_row + j], c at c[i *
// c_row + j]. T: float, double, uint32_t, uint64_t (signed integers wrap the same way).
template <typename T>
struct MatMulBlock {
  const T* a;
  size_t a_row;
  size_t a_k;
  const T* b;
  size_t b_row;
  T* c;
  size_t c_row;
  size_t m;
  size_t k;
  size_t n;
};
template <typename T>
void RunMatMul(const MatMulBlock<T>& block);
// The same, split over the pool's threads.
template <typename T>
void RunMatMul(const MatMulBlock<T>& block, ThreadPool* pool);

// out[j, i] = x[i, j] for x [rows, columns].
template <typename T>
void TransposeMatrix(const T* x, size_t rows, size_t columns, T* out);

// The output dims of numpy's matmul; the last two dims of an operand are swapped first if requested. Rank 1 operands
// are promoted.
Result<Dims> MatMulDims(const Dims& a, const Dims& b, bool trans_a = false, bool trans_b = false);

// The broadcasting of the batches of two operands with known sizes.
struct MatMulPlan {
  Shape out;
  size_t m = 0, k = 0, n = 0;
  size_t batches = 0;
  // The index of the matrix of each operand for output matrix `batch`.
  size_t BatchOfA(size_t batch) const { return BatchOf(batch, a_strides); }
  size_t BatchOfB(size_t batch) const { return BatchOf(batch, b_strides); }

  Shape batch_shape;
  InlineVector<int64_t, 8> a_strides, b_strides;  // in matrices; 0 if broadcast

 private:
  size_t BatchOf(size_t batch, const InlineVector<int64_t, 8>& strides) const;
};
Result<MatMulPlan> PlanMatMul(const Shape& a, const Shape& b, bool trans_a = false, bool trans_b = false);

}  // namespace onedge::ops

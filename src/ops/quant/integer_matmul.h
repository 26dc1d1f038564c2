// Exact products of 8-bit matrices, used by MatMulInteger, QLinearMatMul and the fused quantized products.
#pragma once

#include "ops/nn/matmul_kernel.h"

namespace onedge::ops {

// One operand: int8 or uint8 matrices and their zero point.
struct QuantizedOperand {
  const Tensor* values = nullptr;
  const Tensor* zero_point = nullptr;  // null: 0. Scalar, or one for each row (left operand) or column (right operand)
};

// Checks dtypes and the shapes of zero points. `by_row`: the operand is on the left.
Status CheckQuantizedOperand(const QuantizedOperand& operand, size_t input, size_t zero_point_input, bool by_row);

// Bytes of scratch that MultiplyIntegers needs.
size_t IntegerMatMulWorkspace(const Shape& a, const Shape& b);

// y = (a - a_zero_point) * (b - b_zero_point), int32, wrapping. `workspace`: IntegerMatMulWorkspace bytes, 64-byte
// aligned.
void MultiplyIntegers(const MatMulPlan& plan, const QuantizedOperand& a, const QuantizedOperand& b, uint8_t* workspace,
                      int32_t* y, ThreadPool* pool);

// Shape inference of an integer product, given the input positions of its operands. Returns the output dims.
Result<std::optional<Dims>> InferIntegerMatMul(ShapeContext& ctx, size_t a, size_t b);

// The workspace of an Op with the operands `a` and `b` (input positions); 0 while their shapes are unknown.
size_t IntegerMatMulWorkspace(const ShapeContext& ctx, size_t a, size_t b);

}  // namespace onedge::ops

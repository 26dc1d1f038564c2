// Exact products of 8-bit matrices, under MatMulInteger, QLinearMatMul and the fused quantised products.
#pragma once

#include "ops/nn/matmul_kernel.h"

namespace onedge::ops {

// One operand: int8 or uint8 matrices and their zero point.
struct QuantizedOperand {
  const Tensor* values = nullptr;
  const Tensor* zero_point = nullptr;  // null: 0. Scalar, or one for each row (left operand) or column (right operand)
};

// Checks dtypes and the zero points' shapes. `by_row`: as the left operand.
Status CheckQuantizedOperand(const QuantizedOperand& operand, size_t input, size_t zero_point_input, bool by_row);

// Bytes of scratch that MultiplyIntegers needs.
size_t IntegerMatMulWorkspace(const Shape& a, const Shape& b);

// y = (a - a_zero_point) * (b - b_zero_point), int32, wrapping. `workspace`: IntegerMatMulWorkspace bytes, 64-byte
// aligned.
void MultiplyIntegers(const MatMulPlan& plan, const QuantizedOperand& a, const QuantizedOperand& b, uint8_t* workspace,
                      int32_t* y, ThreadPool* pool);

// Shape inference of an integer product: input positions of the operands, output dims.
Result<std::optional<Dims>> InferIntegerMatMul(ShapeContext& ctx, size_t a, size_t b);

// The workspace of an Op whose operands are inputs `a` and `b`; 0 while their shapes are unknown.
size_t IntegerMatMulWorkspace(const ShapeContext& ctx, size_t a, size_t b);

}  // namespace onedge::ops

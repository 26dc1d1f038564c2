// MatMulNBits (com.microsoft 1): the product with a matrix of codes of 2, 4 or 8 bits. Along K, each block of codes has
// its own scale and zero point: weight = (code - zero point) * scale.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// The weights as they are stored. Column j of [k, n] has `blocks` blocks of codes, packed from the low bits on.
struct NBitsWeights {
  const uint8_t* codes;       // [n, blocks, block_size * bits / 8]
  const Tensor* scales;       // float32, float16 or bfloat16, n * blocks elements
  const Tensor* zero_points;  // null: half the range of the codes; uint8: packed like the codes; otherwise as scales
  const int32_t* groups;      // the block whose scale element i of K has; null: i / block_size
  size_t k, n, bits, block_size, blocks;

  size_t column_bytes() const { return blocks * (block_size / 8 * bits); }
  float Scale(size_t column, size_t block) const;
  float ZeroPoint(size_t column, size_t block) const;
};

struct MatMulNBits final : Typed<MatMulNBits> {
  int64_t k = 0;
  int64_t n = 0;
  int64_t bits = 4;
  int64_t block_size = 0;

  Status InferShapes(ShapeContext& ctx) const override;
  // a: float32, float16 or bfloat16 [..., K], b: uint8 [N, blocks, bytes], scales: as a [N, blocks], zero_points
  // (optional): uint8 [N, bytes] or as scales, g_idx: int32 [K] (optional), bias: as a [N] (optional) -> y: as a [...,
  // N]
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;

  // Checks the inputs 1 to 4 of a node against the attributes; null: absent.
  Result<NBitsWeights> Read(const Tensor& b, const Tensor& scales, const Tensor* zero_points,
                            const Tensor* g_idx) const;
};

}  // namespace onedge::ops

// ConvInteger (ai.onnx 10) and QLinearConv (10): convolution of 8-bit tensors minus their zero points, exact in int32;
// QLinearConv requantizes the result.
#pragma once

#include "ops/nn/conv_kernel.h"
#include "ops/quant/requantize.h"

namespace onedge::ops {

// The attributes of both, and their portable computation. `x` and `w` are input positions.
struct IntegerConv {
  WindowAttributes window;
  int64_t groups = 1;

  static IntegerConv Parse(AttributeReader& attrs);
  Result<std::optional<Dims>> Infer(ShapeContext& ctx, size_t x, size_t w) const;
  size_t WorkspaceBytes(const ShapeContext& ctx, size_t x, size_t w, bool with_sums) const;
  // Writes the int32 sums to `y`, or to the workspace if `y` is null, and returns their address.
  Result<int32_t*> Run(OpContext& ctx, const ConvPlan& plan, size_t x, const Tensor* x_zero_point, size_t w,
                       const Tensor* w_zero_point, const int32_t* bias, int32_t* y) const;
};

// Checks the dtype of an operand, and its zero point: null, one, or `most`.
Status CheckConvOperand(DType dtype, const Tensor* zero_point, size_t input, size_t zero_point_input, int64_t most);

// Inputs 1, 4, 6, 7 and 8 of QLinearConv.
struct ConvRequantization {
  float x_scale = 1;
  float y_scale = 1;
  InlineVector<float, 8> w_scale;  // one, or one for each filter
  OutputQuantization output;
  const int32_t* bias = nullptr;  // one for each filter; may be null

  // Every kernel uses this one order of operations.
  float Multiplier(size_t filter) const { return x_scale * w_scale[w_scale.size() == 1 ? 0 : filter] / y_scale; }
};
Result<ConvRequantization> ReadConvRequantization(const OpContext& ctx, size_t filters);

struct ConvInteger final : Typed<ConvInteger> {
  IntegerConv conv;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: int8 or uint8 [N, C, spatial...], w: [M, C / group, kernel...], zero points of both (optional) -> y: int32
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

struct QLinearConv final : Typed<QLinearConv> {
  IntegerConv conv;

  Status InferShapes(ShapeContext& ctx) const override;
  // x, x_scale, x_zero_point, w, w_scale, w_zero_point, y_scale, y_zero_point, bias: int32 [M] (optional) -> y: as
  // y_zero_point
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override;
};

}  // namespace onedge::ops

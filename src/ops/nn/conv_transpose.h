// ConvTranspose (ai.onnx 1, 11, 22): the transposed convolution over 1, 2 or 3 spatial dimensions.
#pragma once

#include "ops/nn/window.h"

namespace onedge::ops {

struct ConvTranspose final : Typed<ConvTranspose> {
  WindowAttributes window;  // kernel, strides, dilations, pads, auto_pad
  InlineVector<int64_t, 8> output_padding;
  InlineVector<int64_t, 8> output_shape;
  int64_t groups = 1;

  // One spatial axis. Input i adds to the outputs i * stride + k * dilation - pad_begin, k in [0, kernel).
  struct Axis {
    int64_t in = 1, out = 1, kernel = 1, stride = 1, dilation = 1, pad_begin = 0;
  };
  struct Plan {
    Shape out;
    Axis axes[3];                             // leading axes have size 1 if there are fewer
    size_t batch, groups, channels, filters;  // channels and filters of one group

    size_t in_size() const { return static_cast<size_t>(axes[0].in * axes[1].in * axes[2].in); }
    size_t out_size() const { return static_cast<size_t>(axes[0].out * axes[1].out * axes[2].out); }
    size_t kernel_size() const { return static_cast<size_t>(axes[0].kernel * axes[1].kernel * axes[2].kernel); }
  };
  Result<Plan> PlanFor(const Shape& x, const Shape& w) const;

  Status InferShapes(ShapeContext& ctx) const override;
  // x: [N, C, spatial...], w: [C, M / group, kernel...], bias: [M] (optional) -> y: [N, M, spatial...]
  Status Run(OpContext& ctx) const override;

 private:
  // The axes; a contradiction is an error. Unknown sizes are -1.
  Result<InlineVector<Axis, 3>> Resolve(const Dims& x, const Dims& w) const;
  // Sets out and pad_begin of an axis with known sizes.
  Status ResolveSize(size_t i, size_t rank, int64_t output_padding_size, int64_t wanted, Axis& axis) const;
};

}  // namespace onedge::ops

// The portable direct convolution under Conv, ConvInteger and QLinearConv. Every output element is one chain over input
// channel, then kernel position, ascending; positions in the padding are skipped; the bias is added last.
#pragma once

#include "ops/nn/window.h"

namespace onedge::ops {

// Sizes of x [batch, groups * channels, spatial], w [groups * filters, channels, kernel], y [batch, groups * filters,
// spatial].
struct ConvPlan {
  Shape out;
  Window window;
  size_t batch = 0;
  size_t groups = 0;
  size_t channels = 0;  // input channels of one group
  size_t filters = 0;   // output channels of one group
};

// The output dims of a convolution; an error if x, w and the attributes do not match. w: [M, C / groups, kernel...].
Result<Dims> ConvDims(const WindowAttributes& window, int64_t groups, const Dims& x, const Dims& w);
Result<ConvPlan> PlanConv(const WindowAttributes& window, int64_t groups, const Shape& x, const Shape& w);

// T: float or double (Sum is the same), or int16_t (Sum is uint32_t, which wraps). `bias`: one value for each output
// channel, or null.
template <typename T, typename Sum>
void RunConv(const ConvPlan& plan, const T* x, const T* w, const Sum* bias, Sum* y, ThreadPool* pool);

}  // namespace onedge::ops

// DeformConv (ai.onnx 19, 22): a 2-D convolution in which every tap is read at its own offset and weighted by a mask.
#include <cmath>

#include "ops/nn/conv_kernel.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// The image at a fractional position; zero outside.
template <typename T>
T SampleImage(const T* plane, int64_t height, int64_t width, T y, T x) {
  if (!(y > -1 && y < static_cast<T>(height) && x > -1 && x < static_cast<T>(width))) return 0;
  const int64_t top = static_cast<int64_t>(std::floor(y));
  const int64_t left = static_cast<int64_t>(std::floor(x));
  const T fy = y - static_cast<T>(top);
  const T fx = x - static_cast<T>(left);
  const auto at = [&](int64_t i, int64_t j) {
    return i < 0 || j < 0 || i >= height || j >= width ? T{0} : plane[i * width + j];
  };
  return (1 - fy) * (1 - fx) * at(top, left) + (1 - fy) * fx * at(top, left + 1) + fy * (1 - fx) * at(top + 1, left) +
         fy * fx * at(top + 1, left + 1);
}

}  // namespace

struct DeformConv final : Op {
  WindowAttributes window;
  int64_t groups = 1;
  int64_t offset_groups = 1;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 5; ++i) {
      if (i < 3) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    }
    std::optional<Dims> out;
    if (ctx.InputDims(0) && ctx.InputDims(1)) {
      ONEDGE_ASSIGN_OR_RETURN(out, ConvDims(window, groups, *ctx.InputDims(0), *ctx.InputDims(1)));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: [N, C, H, W], w: [M, C / group, kh, kw], offset: [N, 2 * offset_group * kh * kw, oh, ow] (y, x), bias: [M]
  // (optional), mask: [N, offset_group * kh * kw, oh, ow] (optional) -> y: [N, M, oh, ow]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Shape& x_shape = ctx.Input(0).shape();
    if (x_shape.rank() != 4)
      return Unsupported("input 0: only 2 spatial dimensions are supported, got shape ", x_shape);
    ONEDGE_ASSIGN_OR_RETURN(const ConvPlan plan, PlanConv(window, groups, x_shape, ctx.Input(1).shape()));
    const WindowAxis& h = plan.window[0];
    const WindowAxis& w = plan.window[1];
    const int64_t taps = h.kernel * w.kernel;
    const Shape offset_shape = {x_shape[0], 2 * offset_groups * taps, h.out.value, w.out.value};
    const Shape mask_shape = {x_shape[0], offset_groups * taps, h.out.value, w.out.value};
    if (!(ctx.Input(2).shape() == offset_shape))
      return InvalidArgument("input 2: expected ", offset_shape, ", got ", ctx.Input(2).shape());
    if (ctx.HasInput(4) && !(ctx.Input(4).shape() == mask_shape)) {
      return InvalidArgument("input 4: expected ", mask_shape, ", got ", ctx.Input(4).shape());
    }
    if (ctx.HasInput(3) && ctx.Input(3).element_count() != plan.out[1]) {
      return InvalidArgument("input 3: expected ", plan.out[1], " values, got shape ", ctx.Input(3).shape());
    }
    if (x_shape[1] % offset_groups != 0) {
      return InvalidArgument("input 0: expected a number of channels divisible by ", offset_groups,
                             " offset groups, got ", x_shape[1]);
    }
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor weights, RealInput<T>(ctx, 1, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor offset, RealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, OptionalRealInput<T>(ctx, 3, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor mask, OptionalRealInput<T>(ctx, 4, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
      const int64_t places = h.out.value * w.out.value;
      const int64_t channels = x_shape[1];
      const int64_t filters = plan.out[1];
      T* const outputs = y.data();
      ParallelRanges(
          ctx.threads(), static_cast<size_t>(x_shape[0] * places), static_cast<size_t>(channels * taps * 8),
          [&](size_t begin, size_t end) {
            std::vector<T> samples(static_cast<size_t>(channels * taps));  // of one position: [C, kh * kw]
            for (size_t item = begin; item < end; ++item) {
              const int64_t image = static_cast<int64_t>(item) / places;
              const int64_t place = static_cast<int64_t>(item) % places;
              for (int64_t channel = 0; channel < channels; ++channel) {
                const T* plane = x.template data<T>() + (image * channels + channel) * h.in.value * w.in.value;
                const int64_t group = channel / (channels / offset_groups);
                for (int64_t tap = 0; tap < taps; ++tap) {
                  const int64_t entry = (image * offset_groups + group) * taps + tap;
                  const T* move = offset.template data<T>() + 2 * entry * places + place;
                  const T row = static_cast<T>(h.InputOf(place / w.out.value, tap / w.kernel)) + move[0];
                  const T column = static_cast<T>(w.InputOf(place % w.out.value, tap % w.kernel)) + move[places];
                  T value = SampleImage(plane, h.in.value, w.in.value, row, column);
                  if (mask.defined()) value = value * mask.template data<T>()[entry * places + place];
                  samples[static_cast<size_t>(channel * taps + tap)] = value;
                }
              }
              for (int64_t filter = 0; filter < filters; ++filter) {
                const size_t count = plan.channels * static_cast<size_t>(taps);
                const T* from = samples.data() + static_cast<size_t>(filter) / plan.filters * count;
                const T* factors = weights.template data<T>() + static_cast<size_t>(filter) * count;
                T sum = 0;
                for (size_t i = 0; i < count; ++i) sum = sum + factors[i] * from[i];
                if (bias.defined()) sum = sum + bias.template data<T>()[filter];
                outputs[(image * filters + filter) * places + place] = sum;
              }
            }
          });
      return y.Store();
    });
  }
};

template <>
Result<OpPtr> Parse<DeformConv>(AttributeReader& attrs) {
  auto op = std::make_unique<DeformConv>();
  op->window.kernel = ReadBoundedInts(attrs, "kernel_shape", 1);
  op->window.strides = ReadBoundedInts(attrs, "strides", 1);
  op->window.pads = ReadBoundedInts(attrs, "pads", 0);
  op->window.dilations = ReadBoundedInts(attrs, "dilations", 1);
  op->groups = attrs.Int("group", 1);
  op->offset_groups = attrs.Int("offset_group", 1);
  for (int64_t* count : {&op->groups, &op->offset_groups}) {
    if (*count >= 1 && *count < int64_t{1} << 16) continue;
    attrs.Fail(InvalidArgument("attributes 'group' and 'offset_group': expected at least 1, got ", *count));
    *count = 1;
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// ConvTranspose (ai.onnx 1, 11, 22): the transposed convolution over 1, 2 or 3 spatial dimensions, with groups,
// strides, dilations, output_padding, output_shape and auto_pad.
#include "ops/nn/conv_transpose.h"

#include <algorithm>

#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

using Axis = ConvTranspose::Axis;
using Plan = ConvTranspose::Plan;

// One filter of one image. The terms of every output come in ascending channel, then descending input position.
template <typename T>
void AddFilter(const Plan& plan, const T* x, const T* w, T* y) {
  const Axis& d = plan.axes[0];
  const Axis& h = plan.axes[1];
  const Axis& v = plan.axes[2];
  const size_t kernel = plan.kernel_size();
  for (size_t channel = 0; channel < plan.channels; ++channel) {
    const T* image = x + channel * plan.in_size();
    const T* taps = w + channel * plan.filters * kernel;
    for (int64_t kd = 0; kd < d.kernel; ++kd) {
      for (int64_t id = 0; id < d.in; ++id) {
        const int64_t od = id * d.stride + kd * d.dilation - d.pad_begin;
        if (od < 0 || od >= d.out) continue;
        for (int64_t kh = 0; kh < h.kernel; ++kh) {
          for (int64_t ih = 0; ih < h.in; ++ih) {
            const int64_t oh = ih * h.stride + kh * h.dilation - h.pad_begin;
            if (oh < 0 || oh >= h.out) continue;
            const T* row = image + (id * h.in + ih) * v.in;
            T* out = y + (od * h.out + oh) * v.out;
            for (int64_t kw = 0; kw < v.kernel; ++kw) {
              const T weight = taps[(kd * h.kernel + kh) * v.kernel + kw];
              const int64_t shift = kw * v.dilation - v.pad_begin;
              const int64_t first = shift >= 0 ? 0 : (-shift + v.stride - 1) / v.stride;
              const int64_t last = shift >= v.out ? 0 : std::min(v.in, (v.out - 1 - shift) / v.stride + 1);
              for (int64_t iw = first; iw < last; ++iw) out[iw * v.stride + shift] += weight * row[iw];
            }
          }
        }
      }
    }
  }
}

}  // namespace

Result<InlineVector<Axis, 3>> ConvTranspose::Resolve(const Dims& x, const Dims& w) const {
  if (x.size() < 3 || w.size() != x.size()) {
    return InvalidArgument("expected x [N, C, spatial...] and weights of as many dimensions, got ", x.size(), " and ",
                           w.size());
  }
  const size_t rank = x.size() - 2;
  if (rank > 3) return Unsupported("input 0: at most 3 spatial dimensions are supported, got ", rank);
  if (x[1].known() && w[0].known() && x[1].value != w[0].value) {
    return InvalidArgument("input 1: expected weights for ", x[1].value, " channels, got ", w[0].value);
  }
  if (w[0].known() && w[0].value % groups != 0) {
    return InvalidArgument("input 1: expected a number of channels divisible by ", groups, " groups, got ", w[0].value);
  }
  const auto count_fits = [](const InlineVector<int64_t, 8>& values, size_t expected) {
    return values.empty() || values.size() == expected;
  };
  // Some exporters include batch and channels in output_shape.
  InlineVector<int64_t, 8> sizes = output_shape;
  if (sizes.size() == rank + 2) sizes = InlineVector<int64_t, 8>(output_shape.begin() + 2, output_shape.end());
  if (!count_fits(window.kernel, rank) || !count_fits(window.strides, rank) || !count_fits(window.dilations, rank) ||
      !count_fits(window.pads, 2 * rank) || !count_fits(output_padding, rank) || !count_fits(sizes, rank)) {
    return InvalidArgument("kernel_shape, strides, dilations, pads, output_padding and output_shape must fit the ",
                           rank, " spatial dimensions");
  }
  InlineVector<Axis, 3> axes(rank);
  for (size_t i = 0; i < rank; ++i) {
    Axis& axis = axes[i];
    axis.in = x[i + 2].value;
    axis.kernel = w[i + 2].known() ? w[i + 2].value : window.kernel.empty() ? -1 : window.kernel[i];
    if (!window.kernel.empty() && window.kernel[i] != axis.kernel) {
      return InvalidArgument("attribute 'kernel_shape' contradicts the shape of the weights");
    }
    axis.stride = window.strides.empty() ? 1 : window.strides[i];
    axis.dilation = window.dilations.empty() ? 1 : window.dilations[i];
    axis.out = -1;
    if (axis.kernel == 0) return InvalidArgument("input 1: expected a kernel of at least 1, got 0");
    const int64_t padding = output_padding.empty() ? 0 : output_padding[i];
    ONEDGE_RETURN_IF_ERROR(ResolveSize(i, rank, padding, sizes.empty() ? -1 : sizes[i], axis));
  }
  return axes;
}

Result<ConvTranspose::Plan> ConvTranspose::PlanFor(const Shape& x_shape, const Shape& w_shape) const {
  ONEDGE_ASSIGN_OR_RETURN(const auto axes, Resolve(graph::DimsOf(x_shape), graph::DimsOf(w_shape)));
  Plan plan;
  plan.batch = static_cast<size_t>(x_shape[0]);
  plan.groups = static_cast<size_t>(groups);
  plan.channels = static_cast<size_t>(w_shape[0] / groups);
  plan.filters = static_cast<size_t>(w_shape[1]);
  if (w_shape[1] >= int64_t{1} << 31) return InvalidArgument("input 1: too many filters: ", w_shape[1]);
  plan.out = {x_shape[0], w_shape[1] * groups};
  for (size_t i = 0; i < axes.size(); ++i) {
    plan.axes[3 - axes.size() + i] = axes[i];
    plan.out.push_back(axes[i].out);
  }
  ONEDGE_RETURN_IF_ERROR(plan.out.Check());
  return plan;
}

Status ConvTranspose::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 1));
  ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, 2));
  const Dims* x = ctx.InputDims(0);
  const Dims* w = ctx.InputDims(1);
  std::optional<Dims> out;
  if (x && w) {
    ONEDGE_ASSIGN_OR_RETURN(const auto axes, Resolve(*x, *w));
    const Dim filters =
        (*w)[1].known() && (*w)[1].value < int64_t{1} << 31 ? Dim::Known((*w)[1].value * groups) : Dim::Unknown();
    out = Dims{(*x)[0], filters};
    for (const Axis& axis : axes) out->push_back(axis.out < 0 ? Dim::Unknown() : Dim::Known(axis.out));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status ConvTranspose::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  ONEDGE_ASSIGN_OR_RETURN(const Plan plan, PlanFor(ctx.Input(0).shape(), ctx.Input(1).shape()));
  if (ctx.HasInput(2) && ctx.Input(2).element_count() != plan.out[1]) {
    return InvalidArgument("input 2: expected ", plan.out[1], " values, got shape ", ctx.Input(2).shape());
  }
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor w, RealInput<T>(ctx, 1, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor bias, OptionalRealInput<T>(ctx, 2, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, plan.out));
    const size_t total = plan.groups * plan.filters;
    T* const outputs = y.data();
    ParallelRanges(ctx.threads(), plan.batch * total, plan.channels * plan.kernel_size() * plan.in_size(),
                   [&](size_t begin, size_t end) {
                     for (size_t item = begin; item < end; ++item) {
                       const size_t filter = item % total;
                       const size_t group = filter / plan.filters;
                       T* out = outputs + item * plan.out_size();
                       std::fill_n(out, plan.out_size(), T());
                       const T* image =
                           x.template data<T>() + (item / total * plan.groups + group) * plan.channels * plan.in_size();
                       const T* taps =
                           w.template data<T>() +
                           (group * plan.channels * plan.filters + filter % plan.filters) * plan.kernel_size();
                       AddFilter(plan, image, taps, out);
                       if (!bias.defined()) continue;
                       const T b = bias.template data<T>()[filter];
                       for (size_t i = 0; i < plan.out_size(); ++i) out[i] += b;
                     }
                   });
    return y.Store();
  });
}

Status ConvTranspose::ResolveSize(size_t i, size_t rank, int64_t output_padding_size, int64_t wanted,
                                  Axis& axis) const {
  using AutoPad = WindowAttributes::AutoPad;
  constexpr int64_t kLimit = int64_t{1} << 31;
  const bool same = window.auto_pad == AutoPad::kSameUpper || window.auto_pad == AutoPad::kSameLower;
  if (axis.in < 0 || axis.kernel < 0) {
    if (wanted >= 0) axis.out = wanted;
    return OkStatus();
  }
  if (axis.in >= kLimit || axis.kernel >= kLimit) return Unsupported("spatial dimension ", i, " is too large");
  if (axis.in == 0) return InvalidArgument("input 0: spatial dimension ", i, " is empty");
  // All factors are below 2^31: no overflow.
  const int64_t full = axis.stride * (axis.in - 1) + output_padding_size + (axis.kernel - 1) * axis.dilation + 1;
  int64_t pad_end = window.pads.empty() ? 0 : window.pads[rank + i];
  axis.pad_begin = window.pads.empty() ? 0 : window.pads[i];
  if (window.auto_pad != AutoPad::kNotSet) axis.pad_begin = pad_end = 0;
  if (wanted >= 0 || same) {
    axis.out = wanted >= 0 ? wanted : axis.in * axis.stride;
    const int64_t padding = full - axis.out;  // may be negative: the output is larger and its end stays empty
    const bool more_at_begin = window.auto_pad != AutoPad::kSameUpper;  // also with output_shape alone, as specified
    axis.pad_begin = padding <= 0 ? 0 : more_at_begin ? padding - padding / 2 : padding / 2;
    return OkStatus();
  }
  axis.out = full - axis.pad_begin - pad_end;
  if (axis.out < 1) {
    return InvalidArgument("spatial dimension ", i, ": pads of ", axis.pad_begin, " and ", pad_end,
                           " leave no output of ", full);
  }
  return OkStatus();
}

template <>
Result<OpPtr> Parse<ConvTranspose>(AttributeReader& attrs) {
  auto op = std::make_unique<ConvTranspose>();
  op->window = WindowAttributes::Parse(attrs, /*with_dilations=*/true);
  op->output_padding = ReadBoundedInts(attrs, "output_padding", 0);
  op->output_shape = ReadBoundedInts(attrs, "output_shape", 1);
  op->groups = attrs.Int("group", 1);
  if (op->groups < 1 || op->groups >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'group': expected at least 1, got ", op->groups));
    op->groups = 1;
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// BatchNormalization (ai.onnx 1, 6, 7, 9, 14, 15): normalizes each channel with given statistics or, in training mode,
// with its own.
#include "ops/nn/batch_normalization.h"

#include <cmath>

#include "ops/nn/lane_sum.h"
#include "ops/nn/normalize_row.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// Replaces `mean` and `variance` by the batch's statistics, and writes outputs 1 and 2: running = running * momentum
// + batch's * (1 - momentum).
template <typename T>
Status ComputeStatistics(float momentum, OpContext& ctx, const T* x, size_t batch, size_t channels, size_t inner,
                         Tensor& mean, Tensor& variance) {
  const size_t count = batch * inner;
  if (count == 0) return InvalidArgument("input 0: training needs at least one element a channel");
  ONEDGE_ASSIGN_OR_RETURN(Tensor own_mean, Tensor::Allocate(kDTypeOf<T>, mean.shape(), ctx.budget()));
  ONEDGE_ASSIGN_OR_RETURN(Tensor own_variance, Tensor::Allocate(kDTypeOf<T>, mean.shape(), ctx.budget()));
  for (size_t c = 0; c < channels; ++c) {
    const auto moments =
        LaneMoments<T>(count, [&](size_t i) { return x[(i / inner * channels + c) * inner + i % inner]; });
    own_mean.mutable_data<T>()[c] = moments.mean;
    own_variance.mutable_data<T>()[c] = moments.variance;
  }
  const Tensor* given[2] = {&mean, &variance};
  const Tensor* own[2] = {&own_mean, &own_variance};
  for (size_t i = 0; i < 2; ++i) {
    if (!ctx.WantsOutput(i + 1)) continue;
    ONEDGE_ASSIGN_OR_RETURN(auto running,
                            RealOutput<T>::Create(ctx, i + 1, ctx.Input(i + 3).dtype(), ctx.Input(i + 3).shape()));
    for (size_t c = 0; c < channels; ++c) {
      running.data()[c] = given[i]->template data<T>()[c] * static_cast<T>(momentum) +
                          own[i]->template data<T>()[c] * (T{1} - static_cast<T>(momentum));
    }
    ONEDGE_RETURN_IF_ERROR(running.Store());
  }
  mean = own_mean;
  variance = own_variance;
  return OkStatus();
}

}  // namespace

Status BatchNormalization::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  const Dims* x = ctx.InputDims(0);
  if (x && x->empty()) return InvalidArgument("input 0: expected [N, C, ...], got a scalar");
  const Dim channels = x && spatial ? (x->size() > 1 ? (*x)[1] : Dim::Known(1)) : Dim::Unknown();
  for (size_t i = 1; i < 5; ++i) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const Dims* dims = ctx.InputDims(i);
    if (!dims || !spatial) continue;
    if (dims->size() != 1 || (channels.known() && dims->front().known() && dims->front().value != channels.value)) {
      return InvalidArgument("input ", i, ": expected one value for each of the ", channels.value, " channels");
    }
  }
  ctx.SetOutputType(0, ctx.InputType(0));
  for (size_t i = 1; i < std::min<size_t>(ctx.output_count(), 5); ++i)
    ctx.SetOutputType(i, ctx.InputType(i % 2 == 1 ? 3 : 4));
  return OkStatus();
}

Status BatchNormalization::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(5));
  const Shape& shape = ctx.Input(0).shape();
  const DType dtype = ctx.Input(0).dtype();
  if (shape.empty()) return InvalidArgument("input 0: expected [N, C, ...], got a scalar");
  const size_t batch = static_cast<size_t>(shape[0]);
  size_t channels = shape.rank() > 1 ? static_cast<size_t>(shape[1]) : 1;
  size_t inner = shape.rank() > 2 ? static_cast<size_t>(shape.element_count(2, shape.rank())) : 1;
  if (!spatial) {
    channels *= inner;
    inner = 1;
  }
  for (size_t i = 1; i < 5; ++i) {
    if (ctx.Input(i).element_count() != static_cast<int64_t>(channels)) {
      return InvalidArgument("input ", i, ": expected ", channels, " values, got shape ", ctx.Input(i).shape());
    }
    if (!IsReal(ctx.Input(i).dtype())) {
      return InvalidArgument("input ", i, ": expected a float type, got ", DTypeName(ctx.Input(i).dtype()));
    }
  }
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    Tensor parameters[5];
    for (size_t i = 1; i < 5; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(parameters[i], ConvertReal(ctx.Input(i), kDTypeOf<T>, ctx.budget()));
    }
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
    const T* from = x.template data<T>();
    if (training) {
      ONEDGE_RETURN_IF_ERROR(
          ComputeStatistics(momentum, ctx, from, batch, channels, inner, parameters[3], parameters[4]));
    }
    const T* scale = parameters[1].data<T>();
    const T* bias = parameters[2].data<T>();
    const T* mean = parameters[3].data<T>();
    const T* variance = parameters[4].data<T>();
    T* to = y.data();
    ParallelRanges(ctx.threads(), batch * channels, inner * 3, [&](size_t begin, size_t end) {
      for (size_t plane = begin; plane < end; ++plane) {
        const size_t c = plane % channels;
        const T factor = scale[c] / std::sqrt(variance[c] + static_cast<T>(epsilon));
        NormalizePlane(from + plane * inner, mean[c], factor, T{1}, bias[c], inner, to + plane * inner);
      }
    });
    return y.Store();
  });
}

template <>
Result<OpPtr> Parse<BatchNormalization>(AttributeReader& attrs) {
  auto op = std::make_unique<BatchNormalization>();
  op->epsilon = attrs.Float("epsilon", 1e-5f);
  op->momentum = attrs.Float("momentum", 0.9f);
  if (attrs.opset() < 9) op->spatial = attrs.Int("spatial", 1) != 0;
  if (attrs.opset() < 6) attrs.Ignore("consumed_inputs");
  if (attrs.opset() < 7) attrs.Ignore("is_test");  // the outputs decide: training has five
  if (attrs.opset() >= 14) op->training = attrs.Int("training_mode", 0) != 0;
  if (attrs.opset() < 14 && attrs.output_count() > 1) {
    attrs.Fail(Unsupported("training mode (more than one output) is supported from opset 14 on, not in opset ",
                           attrs.opset()));
  }
  if (attrs.opset() >= 14 && !op->training && attrs.output_count() > 1) {
    attrs.Fail(InvalidArgument("only training mode has more than one output"));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

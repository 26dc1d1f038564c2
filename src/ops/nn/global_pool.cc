// GlobalAveragePool (ai.onnx 1, 22), GlobalMaxPool (1, 22), GlobalLpPool (1, 2, 22): one value for each channel of each
// image. onedge.NhwcGlobalAveragePool 1: channels last.
#include <cmath>
#include <limits>

#include "ops/nn/lane_sum.h"
#include "ops/nn/parallel.h"
#include "ops/nn/pools.h"
#include "ops/nn/real_root.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

Status InferGlobalPool(ShapeContext& ctx) {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  std::optional<Dims> out;
  if (const Dims* x = ctx.InputDims(0)) {
    if (x->size() < 3)
      return InvalidArgument("input 0: expected [N, C, spatial dimensions...], got ", x->size(), " dimensions");
    out = Dims{(*x)[0], (*x)[1]};
    out->resize(x->size(), Dim::Known(1));
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

// x: [N, C, spatial...] -> y: [N, C, 1...]; pool(plane, count) computes one value from a channel's elements.
template <typename Pool>
Status RunGlobalPool(OpContext& ctx, const Pool& pool) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Shape& in = ctx.Input(0).shape();
  if (in.rank() < 3) return InvalidArgument("input 0: expected [N, C, spatial dimensions...], got shape ", in);
  Shape shape = {in[0], in[1]};
  shape.resize(in.rank(), 1);
  const size_t planes = static_cast<size_t>(shape.element_count());
  const size_t count = static_cast<size_t>(in.element_count(2, in.rank()));
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
    const T* from = x.template data<T>();
    T* to = y.data();
    ParallelRanges(ctx.threads(), planes, count, [&](size_t begin, size_t end) {
      for (size_t plane = begin; plane < end; ++plane) to[plane] = pool(from + plane * count, count);
    });
    return y.Store();
  });
}

}  // namespace

Status GlobalAveragePool::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(InferGlobalPool(ctx));
  const Dims* x = ctx.InputDims(0);
  if (!channels_last || !x) return OkStatus();
  Dims out(x->size(), Dim::Known(1));
  out[0] = x->front();
  out[x->size() - 1] = x->back();
  ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
  return OkStatus();
}

Status GlobalAveragePool::Run(OpContext& ctx) const {
  if (!channels_last) {
    return RunGlobalPool(ctx, []<typename T>(const T* x, size_t count) {
      return LaneSum<T>(count, [x](size_t i) { return x[i]; }) / static_cast<T>(count);
    });
  }
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Shape& in = ctx.Input(0).shape();
  if (in.rank() < 3) return InvalidArgument("input 0: expected [N, spatial dimensions..., C], got shape ", in);
  Shape shape = in;
  for (size_t i = 1; i + 1 < in.rank(); ++i) shape[i] = 1;
  const size_t channels = static_cast<size_t>(in[in.rank() - 1]);
  const size_t count = static_cast<size_t>(in.element_count(1, in.rank() - 1));
  const DType dtype = ctx.Input(0).dtype();
  return WithRealType(dtype, [&]<typename T>(T) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, shape));
    for (size_t image = 0; image < static_cast<size_t>(in[0]); ++image) {
      const T* from = x.template data<T>() + image * count * channels;
      for (size_t channel = 0; channel < channels; ++channel) {
        y.data()[image * channels + channel] =
            LaneSum<T>(count, [&](size_t i) { return from[i * channels + channel]; }) / static_cast<T>(count);
      }
    }
    return y.Store();
  });
}

struct GlobalMaxPool final : Op {
  Status InferShapes(ShapeContext& ctx) const override { return InferGlobalPool(ctx); }
  Status Run(OpContext& ctx) const override {
    return RunGlobalPool(ctx, []<typename T>(const T* x, size_t count) {
      T best = -std::numeric_limits<T>::infinity();
      for (size_t i = 0; i < count; ++i) {
        if (x[i] > best || std::isnan(x[i])) best = x[i];
      }
      return best;
    });
  }
};

struct GlobalLpPool final : Op {
  int64_t p = 2;

  Status InferShapes(ShapeContext& ctx) const override { return InferGlobalPool(ctx); }
  Status Run(OpContext& ctx) const override {
    return RunGlobalPool(ctx, [this]<typename T>(const T* x, size_t count) {
      const T sum = LaneSum<T>(count, [&](size_t i) { return IntegerPower(std::abs(x[i]), p); });
      return static_cast<T>(RealRoot(sum, p));
    });
  }
};

template <>
Result<OpPtr> Parse<GlobalAveragePool>(AttributeReader& attrs) {
  auto op = std::make_unique<GlobalAveragePool>();
  op->channels_last = attrs.node().domain == "onedge";
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<GlobalMaxPool>(AttributeReader&) {
  return OpPtr(std::make_unique<GlobalMaxPool>());
}

template <>
Result<OpPtr> Parse<GlobalLpPool>(AttributeReader& attrs) {
  auto op = std::make_unique<GlobalLpPool>();
  op->p = ReadNorm(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

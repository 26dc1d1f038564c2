// QLinearGlobalAveragePool (com.microsoft 1): the mean of each channel of bytes, requantized. The sum is exact.
#include "ops/nn/parallel.h"
#include "ops/quant/quantize.h"
#include "ops/quant/requantize.h"

namespace onedge::ops {

struct QLinearGlobalAveragePool final : Op {
  bool channels_last = false;

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i : {0, 1, 3}) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    std::optional<Dims> out;
    if (const Dims* x = ctx.InputDims(0)) {
      if (x->size() < 3) {
        return InvalidArgument("input 0: expected [N, C, spatial dimensions...], got ", x->size(), " dimensions");
      }
      out = *x;
      for (size_t i = channels_last ? 1 : 2; i < x->size() - (channels_last ? 1 : 0); ++i) (*out)[i] = Dim::Known(1);
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: int8 or uint8 [N, C, spatial...] (channels_last: [N, spatial..., C]), x_scale, x_zero_point (optional), y_scale,
  // y_zero_point (optional) -> y: as x, spatial dimensions 1
  Status Run(OpContext& ctx) const override {
    if (!ctx.HasInput(3)) return InvalidArgument("input 3 is missing");
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    if (!IsByte(x.dtype())) return Unsupported("input 0: expected int8 or uint8, got ", DTypeName(x.dtype()));
    if (x.rank() < 3) return InvalidArgument("input 0: expected [N, C, spatial dimensions...], got shape ", x.shape());
    ONEDGE_ASSIGN_OR_RETURN(const auto x_scale, FloatInput(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(const auto y_scale, FloatInput(ctx, 3));
    if (x_scale.size() != 1 || y_scale.size() != 1) {
      return InvalidArgument("scales: expected one for x and one for y, got ", x_scale.size(), " and ", y_scale.size());
    }
    const bool is_signed = x.dtype() == DType::kInt8;
    OutputQuantization from{x.dtype(), 0, 0, 0};
    OutputQuantization to{x.dtype(), 0, is_signed ? -128.0f : 0.0f, is_signed ? 127.0f : 255.0f};
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(from, ReadOutputQuantization(ctx, 2));
    }
    if (ctx.HasInput(4)) {
      ONEDGE_ASSIGN_OR_RETURN(to, ReadOutputQuantization(ctx, 4));
    }
    if (from.dtype != x.dtype() || to.dtype != x.dtype()) {
      return InvalidArgument("zero points: expected ", DTypeName(x.dtype()), " like input 0, got ",
                             DTypeName(from.dtype), " and ", DTypeName(to.dtype));
    }
    const size_t last = x.rank() - 1;
    Shape shape = x.shape();
    for (size_t i = channels_last ? 1 : 2; i < x.rank() - (channels_last ? 1 : 0); ++i) shape[i] = 1;
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, x.dtype(), shape));
    const size_t images = static_cast<size_t>(x.dim(0));
    const size_t channels = static_cast<size_t>(x.dim(channels_last ? last : 1));
    const size_t count =
        static_cast<size_t>(channels_last ? x.shape().element_count(1, last) : x.shape().element_count(2, x.rank()));
    const size_t step = channels_last ? channels : 1;
    const float multiplier = x_scale[0] / (y_scale[0] * static_cast<float>(count));
    const uint8_t flip = is_signed ? 0x80 : 0;
    ParallelRanges(ctx.threads(), images * channels, count, [&](size_t begin, size_t end) {
      for (size_t plane = begin; plane < end; ++plane) {
        const size_t first = channels_last ? plane / channels * channels * count + plane % channels : plane * count;
        int64_t sum = 0;
        for (size_t i = 0; i < count; ++i) sum += x.bytes()[first + i * step] ^ flip;
        sum -= static_cast<int64_t>(count) * (from.zero_point + (is_signed ? 128 : 0));
        const float value = static_cast<float>(sum) * multiplier;
        y->mutable_bytes()[plane] = static_cast<uint8_t>(RoundQuotient(value, 1.0f, to.low, to.high) + to.zero_point);
      }
    });
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<QLinearGlobalAveragePool>(AttributeReader& attrs) {
  auto op = std::make_unique<QLinearGlobalAveragePool>();
  op->channels_last = attrs.Int("channels_last", 0) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// ReverseSequence (ai.onnx 10): reverses the first sequence_lens[b] steps of each batch entry b and keeps the rest.
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct ReverseSequence final : Op {
  size_t batch_axis = 1;
  size_t time_axis = 0;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    if (const Dims* dims = ctx.InputDims(0); dims && dims->size() < 2) {
      return InvalidArgument("input 0: expected at least rank 2, got rank ", dims->size());
    }
    return InferSameAsInput(ctx);
  }

  // x: any [time, batch, ...] or [batch, time, ...], sequence_lens: i64 [batch] -> as x
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    if (x.rank() < 2) return InvalidArgument("input 0: expected at least rank 2, got ", x);
    ONEDGE_ASSIGN_OR_RETURN(const auto lengths, InputIntegers(ctx, 1));
    const int64_t steps = x.dim(time_axis);
    if (static_cast<int64_t>(lengths.size()) != x.dim(batch_axis)) {
      return InvalidArgument("input 1: expected ", x.dim(batch_axis), " lengths, got ", ctx.Input(1));
    }
    for (int64_t length : lengths) {
      if (length < 0 || length > steps)
        return InvalidArgument("input 1: length ", length, " is not in [0, ", steps, "]");
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), x.shape()));
    const auto strides = x.shape().Strides();
    const int64_t inner = x.shape().element_count(2, x.rank());
    const int64_t stride = strides[time_axis];
    for (size_t b = 0; b < lengths.size(); ++b) {
      const int64_t base = static_cast<int64_t>(b) * strides[batch_axis];
      const int64_t length = lengths[b];
      CopyStrided(to.type(), from.at(base + std::max<int64_t>(length - 1, 0) * stride), to.at(base),
                  {{length, -stride, stride}, {inner, 1, 1}}, ctx.threads());
      CopyStrided(to.type(), from.at(base + length * stride), to.at(base + length * stride),
                  {{steps - length, stride, stride}, {inner, 1, 1}}, ctx.threads());
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ReverseSequence>(AttributeReader& attrs) {
  auto op = std::make_unique<ReverseSequence>();
  const int64_t batch_axis = attrs.Int("batch_axis", 1);
  const int64_t time_axis = attrs.Int("time_axis", 0);
  if (batch_axis + time_axis != 1 || batch_axis < 0 || time_axis < 0) {
    return CorruptFile("attributes 'batch_axis' and 'time_axis': expected 0 and 1 or 1 and 0, got ", batch_axis,
                       " and ", time_axis);
  }
  op->batch_axis = static_cast<size_t>(batch_axis);
  op->time_axis = static_cast<size_t>(time_axis);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

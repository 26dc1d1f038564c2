// Expand (ai.onnx 8): broadcasts the input with a shape.
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct Expand final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* from = ctx.InputDims(0);
    auto wanted = KnownElements(ctx, 1);
    const Dims* length = ctx.InputDims(1);
    if (!wanted && length && length->size() == 1 && (*length)[0].known() && (*length)[0].value <= 64) {
      wanted.emplace(static_cast<size_t>((*length)[0].value), Dim::Unknown());
    }
    std::optional<Dims> dims;
    if (from && wanted) {
      ONEDGE_ASSIGN_OR_RETURN(dims, BroadcastDims(*from, *wanted));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [...], shape: i64 [rank] -> any [broadcast of the two]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const auto ints, InputIntegers(ctx, 1));
    const Shape wanted(ints);
    ONEDGE_RETURN_IF_ERROR(wanted.Check());
    const auto shape = BroadcastShapes(x.shape(), wanted);
    if (!shape) return InvalidArgument("input 0: ", x, " cannot be broadcast to ", wanted);
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), *shape));
    const auto from_strides = x.shape().Strides();
    const auto to_strides = shape->Strides();
    const size_t added = shape->rank() - x.rank();
    CopyAxes axes;
    for (size_t i = 0; i < shape->rank(); ++i) {
      const bool repeated = i < added || x.dim(i - added) == 1;
      axes.push_back({(*shape)[i], repeated ? 0 : from_strides[i - added], to_strides[i]});
    }
    CopyStrided(from.type(), from.at(0), to.at(0), axes, ctx.threads());
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Expand>(AttributeReader&) {
  return OpPtr(std::make_unique<Expand>());
}

}  // namespace onedge::ops

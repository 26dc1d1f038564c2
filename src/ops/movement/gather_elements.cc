// GatherElements (ai.onnx 11): for each index, the element at the same coordinates, except along one dimension, where
// the index replaces the coordinate.
#include "ops/movement/visit_elements.h"

namespace onedge::ops {

struct GatherElements final : Op {
  int64_t axis = 0;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* dims = ctx.InputDims(1);
    ctx.SetOutput(0, ctx.InputDType(0), dims ? std::optional(*dims) : std::nullopt);
    return OkStatus();
  }

  // data: any [...], indices: int [...] of the same rank -> any, of the shape of indices
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& data = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, data.rank(), "attribute 'axis'"));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(data, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, data.dtype(), ctx.Input(1).shape()));
    ONEDGE_RETURN_IF_ERROR(GatherByElements(
        {data.shape(), ctx.Input(1), along, 1, CellBytes(from.type()), CopyCell(from.type())}, from.at(0), to.at(0)));
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<GatherElements>(AttributeReader& attrs) {
  auto op = std::make_unique<GatherElements>();
  op->axis = attrs.Int("axis", 0);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

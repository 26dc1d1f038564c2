// ScatterElements (ai.onnx 11; reductions since 16) and its older name Scatter (9): a copy of the data in which each
// update replaces the element at its own coordinates, except along one dimension, where the index replaces the
// coordinate.
#include "ops/movement/dims_math.h"
#include "ops/movement/visit_elements.h"

namespace onedge::ops {

struct ScatterElements final : Op {
  int64_t axis = 0;
  ScatterReduction reduction = ScatterReduction::kNone;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(2));
    return InferSameAsInput(ctx);
  }

  // data: any [...], indices: int [...], updates: any [...] like indices -> any, of the shape of data
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Tensor& data = ctx.Input(0);
    const Tensor& updates = ctx.Input(2);
    ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, data.rank(), "attribute 'axis'"));
    if (updates.dtype() != data.dtype() || !(updates.shape() == ctx.Input(1).shape())) {
      return InvalidArgument("input 2: expected ", DTypeName(data.dtype()), " ", ctx.Input(1).shape(), ", got ",
                             updates);
    }
    ONEDGE_ASSIGN_OR_RETURN(const CellOp op, ReduceCell(reduction, data.dtype()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(data, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells update_cells, InputCells::Of(updates, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, data.dtype(), data.shape()));
    CopyCells(from.type(), from.at(0), to.at(0), static_cast<size_t>(data.element_count()));
    ONEDGE_RETURN_IF_ERROR(ScatterByElements({data.shape(), ctx.Input(1), along, 1, CellBytes(from.type()), op},
                                             to.at(0), update_cells.at(0)));
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ScatterElements>(AttributeReader& attrs) {
  auto op = std::make_unique<ScatterElements>();
  op->axis = attrs.Int("axis", 0);
  op->reduction = ReadReduction(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// ScatterND (ai.onnx 11; reductions since 16): a copy of the data in which slices, selected by tuples of indices, are
// updated.
#include "ops/movement/cell_ops.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct ScatterND final : Op {
  ScatterReduction reduction = ScatterReduction::kNone;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(2));
    return InferSameAsInput(ctx);
  }

  // data: any [d..., inner...], indices: i64 [..., tuple], updates: any [..., inner...] -> any, of the shape of data
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Tensor& data = ctx.Input(0);
    const Tensor& index_tensor = ctx.Input(1);
    const Tensor& updates = ctx.Input(2);
    ONEDGE_ASSIGN_OR_RETURN(const Indices indices, Indices::Of(index_tensor, 1));
    const int64_t tuple = index_tensor.rank() == 0 ? 0 : index_tensor.shape().back();
    if (tuple < 1 || static_cast<uint64_t>(tuple) > data.rank()) {
      return InvalidArgument("input 1: expected a last dimension in [1, ", data.rank(), "], got ", index_tensor);
    }
    Shape expected(index_tensor.shape().begin(), index_tensor.shape().end() - 1);
    for (size_t i = static_cast<size_t>(tuple); i < data.rank(); ++i) expected.push_back(data.dim(i));
    if (updates.dtype() != data.dtype() || !(updates.shape() == expected)) {
      return InvalidArgument("input 2: expected ", DTypeName(data.dtype()), " ", expected, ", got ", updates);
    }
    ONEDGE_ASSIGN_OR_RETURN(const CellOp op, ReduceCell(reduction, data.dtype()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(data, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells update_cells, InputCells::Of(updates, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, data.dtype(), data.shape()));
    CopyCells(from.type(), from.at(0), to.at(0), static_cast<size_t>(data.element_count()));
    const auto strides = data.shape().Strides();
    const int64_t inner = data.shape().element_count(static_cast<size_t>(tuple), data.rank());
    const int64_t tuples = index_tensor.element_count() / tuple;
    for (int64_t i = 0; i < tuples; ++i) {
      int64_t offset = 0;
      for (int64_t k = 0; k < tuple; ++k) {
        const auto axis = static_cast<size_t>(k);
        int64_t index = indices[i * tuple + k];
        if (!NormalizeIndex(index, data.dim(axis))) return IndexError(1, indices[i * tuple + k], data.dim(axis));
        offset += index * strides[axis];
      }
      if (reduction == ScatterReduction::kNone) {
        CopyCells(from.type(), update_cells.at(i * inner), to.at(offset), static_cast<size_t>(inner));
      } else {
        for (int64_t k = 0; k < inner; ++k) op(to.at(offset + k), update_cells.at(i * inner + k));
      }
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ScatterND>(AttributeReader& attrs) {
  auto op = std::make_unique<ScatterND>();
  op->reduction = ReadReduction(attrs);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

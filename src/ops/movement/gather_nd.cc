// GatherND (ai.onnx 11; batch_dims since 12): picks slices of the data by tuples of indices.
#include "ops/movement/dims_math.h"
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct GatherND final : Op {
  int64_t batch_dims = 0;

  // data dims, indices dims -> output dims; `tuple`: the last size of indices.
  Status CheckRanks(size_t data_rank, size_t indices_rank, int64_t tuple) const {
    const auto batch = static_cast<size_t>(batch_dims);
    if (batch_dims < 0 || batch >= data_rank || batch >= indices_rank) {
      return InvalidArgument("attribute 'batch_dims': ", batch_dims, " is not below the ranks ", data_rank, " and ",
                             indices_rank);
    }
    if (tuple < 1 || static_cast<uint64_t>(tuple) > data_rank - batch) {
      return InvalidArgument("input 1: expected a last dimension in [1, ", data_rank - batch, "], got ", tuple);
    }
    return OkStatus();
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* data = ctx.InputDims(0);
    const Dims* indices = ctx.InputDims(1);
    std::optional<Dims> dims;
    if (data && indices && !indices->empty() && indices->back().known()) {
      const int64_t tuple = indices->back().value;
      ONEDGE_RETURN_IF_ERROR(CheckRanks(data->size(), indices->size(), tuple));
      dims = Dims(indices->begin(), indices->end() - 1);
      for (size_t i = static_cast<size_t>(batch_dims + tuple); i < data->size(); ++i) dims->push_back((*data)[i]);
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // data: any [batch..., d..., inner...], indices: int [batch..., ..., tuple] -> any [batch..., ..., inner...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& data = ctx.Input(0);
    const Tensor& index_tensor = ctx.Input(1);
    if (index_tensor.rank() == 0)
      return InvalidArgument("input 1: expected at least one dimension, got ", index_tensor);
    const int64_t tuple = index_tensor.shape().back();
    ONEDGE_RETURN_IF_ERROR(CheckRanks(data.rank(), index_tensor.rank(), tuple));
    const auto batch = static_cast<size_t>(batch_dims);
    for (size_t i = 0; i < batch; ++i) {
      if (data.dim(i) != index_tensor.dim(i)) {
        return InvalidArgument("input 1: ", index_tensor, " and the data ", data, " differ in batch dimension ", i);
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(const Indices indices, Indices::Of(index_tensor, 1));
    const size_t inner_axis = batch + static_cast<size_t>(tuple);
    Shape shape(index_tensor.shape().begin(), index_tensor.shape().end() - 1);
    for (size_t i = inner_axis; i < data.rank(); ++i) shape.push_back(data.dim(i));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(data, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, data.dtype(), shape));
    const auto strides = data.shape().Strides();
    const int64_t inner = data.shape().element_count(inner_axis, data.rank());
    const int64_t batches = data.shape().element_count(0, batch);
    const int64_t batch_stride = data.shape().element_count(batch, data.rank());
    const int64_t tuples = index_tensor.shape().element_count(batch, index_tensor.rank() - 1);
    for (int64_t i = 0; i < batches * tuples; ++i) {
      int64_t offset = i / tuples * batch_stride;
      for (int64_t k = 0; k < tuple; ++k) {
        const size_t axis = batch + static_cast<size_t>(k);
        int64_t index = indices[i * tuple + k];
        if (!NormalizeIndex(index, data.dim(axis))) return IndexError(1, indices[i * tuple + k], data.dim(axis));
        offset += index * strides[axis];
      }
      CopyCells(from.type(), from.at(offset), to.at(i * inner), static_cast<size_t>(inner));
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<GatherND>(AttributeReader& attrs) {
  auto op = std::make_unique<GatherND>();
  if (attrs.opset() >= 12) op->batch_dims = attrs.Int("batch_dims", 0);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

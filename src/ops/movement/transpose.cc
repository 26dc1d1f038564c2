// Transpose (ai.onnx 1): permutes the dimensions; without `perm` it reverses them.
#include "ops/movement/transpose.h"

#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

Result<Axes> Transpose::Permutation(size_t rank) const {
  Axes order;
  if (!perm) {
    for (size_t i = rank; i-- > 0;) order.push_back(i);
    return order;
  }
  if (perm->size() != rank) {
    return InvalidArgument("attribute 'perm' has ", perm->size(), " axes, but the input has rank ", rank);
  }
  return NormalizeAxes(*perm, rank);
}

Status Transpose::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  std::optional<Dims> dims;
  if (const Dims* from = ctx.InputDims(0)) {
    ONEDGE_ASSIGN_OR_RETURN(const Axes order, Permutation(from->size()));
    dims.emplace();
    for (size_t axis : order) dims->push_back((*from)[axis]);
  } else if (perm) {
    dims.emplace(perm->size(), Dim::Unknown());
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
  return OkStatus();
}

Status Transpose::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
  const Tensor& x = ctx.Input(0);
  ONEDGE_ASSIGN_OR_RETURN(const Axes order, Permutation(x.rank()));
  Shape shape;
  for (size_t axis : order) shape.push_back(x.dim(axis));
  const auto from_strides = x.shape().Strides();
  const auto to_strides = shape.Strides();
  CopyAxes axes;
  for (size_t i = 0; i < shape.rank(); ++i) axes.push_back({shape[i], from_strides[order[i]], to_strides[i]});
  ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
  CopyStrided(from.type(), from.at(0), to.at(0), axes, ctx.threads());
  to.Finish();
  return OkStatus();
}

template <>
Result<OpPtr> Parse<Transpose>(AttributeReader& attrs) {
  auto op = std::make_unique<Transpose>();
  if (attrs.Has("perm")) op->perm.emplace(attrs.Ints("perm"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

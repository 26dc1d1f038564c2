// Gather (ai.onnx 1; negative indices since 11): picks entries along one dimension by index.
#include "ops/movement/gather.h"

#include "ops/movement/dims_math.h"
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

Status Gather::InferShapes(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
  const Dims* data = ctx.InputDims(0);
  const Dims* indices = ctx.InputDims(1);
  std::optional<Dims> dims;
  if (data) {
    ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, data->size(), "attribute 'axis'"));
    if (indices) {
      dims = Dims(data->begin(), data->begin() + along);
      for (const Dim& dim : *indices) dims->push_back(dim);
      for (size_t i = along + 1; i < data->size(); ++i) dims->push_back((*data)[i]);
    }
  }
  ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));

  const auto elements =
      data && data->size() == 1 && indices && indices->size() <= 1 ? KnownElements(ctx, 0) : std::nullopt;
  if (!elements) return OkStatus();
  ONEDGE_ASSIGN_OR_RETURN(const auto chosen, ctx.InputInts(1));
  if (!chosen) return OkStatus();
  const auto size = static_cast<int64_t>(elements->size());
  Dims picked;
  for (int64_t index : *chosen) {
    int64_t normal = index;
    if (!NormalizeIndex(normal, size)) return IndexError(1, index, size);
    picked.push_back((*elements)[static_cast<size_t>(normal)]);
  }
  ctx.SetOutputShapeValue(0, std::move(picked));
  return OkStatus();
}

Status Gather::Run(OpContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
  const Tensor& data = ctx.Input(0);
  const Tensor& index_tensor = ctx.Input(1);
  ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, data.rank(), "attribute 'axis'"));
  ONEDGE_ASSIGN_OR_RETURN(const Indices indices, Indices::Of(index_tensor, 1));
  const int64_t size = data.dim(along);
  const int64_t count = index_tensor.element_count();
  for (int64_t i = 0; i < count; ++i) {
    int64_t index = indices[i];
    if (!NormalizeIndex(index, size)) return IndexError(1, indices[i], size);
  }

  Shape shape(data.shape().begin(), data.shape().begin() + along);
  for (int64_t dim : index_tensor.shape()) shape.push_back(dim);
  for (size_t i = along + 1; i < data.rank(); ++i) shape.push_back(data.dim(i));
  ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(data, ctx.budget()));
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, data.dtype(), shape));
  const int64_t outer = data.shape().element_count(0, along);
  const int64_t inner = data.shape().element_count(along + 1, data.rank());
  if (inner == 1) {
    DispatchCell(from.type(), [&]<typename T>(std::type_identity<T>) {
      const T* source = from.data<T>();
      T* target = to.data<T>();
      for (int64_t o = 0; o < outer; ++o, source += size) {
        for (int64_t i = 0; i < count; ++i) {
          const int64_t index = indices[i];
          *target++ = source[index < 0 ? index + size : index];
        }
      }
    });
  } else {
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < count; ++i) {
        int64_t index = indices[i];
        if (index < 0) index += size;
        CopyCells(from.type(), from.at((o * size + index) * inner), to.at((o * count + i) * inner),
                  static_cast<size_t>(inner));
      }
    }
  }
  to.Finish();
  return OkStatus();
}

template <>
Result<OpPtr> Parse<Gather>(AttributeReader& attrs) {
  auto op = std::make_unique<Gather>();
  op->axis = attrs.Int("axis", 0);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

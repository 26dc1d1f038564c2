// CenterCropPad (ai.onnx 18): crops or zero-pads dimensions to given sizes, evenly on both sides; an odd cell goes to
// the end.
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct CenterCropPad final : Op {
  std::optional<InlineVector<int64_t, 8>> axes;

  Result<Axes> ChosenAxes(size_t rank) const {
    if (axes) return NormalizeAxes(*axes, rank);
    Axes all;
    for (size_t i = 0; i < rank; ++i) all.push_back(i);
    return all;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0)) {
      dims = *from;
      ONEDGE_ASSIGN_OR_RETURN(const Axes chosen, ChosenAxes(from->size()));
      const auto sizes = KnownElements(ctx, 1);
      for (size_t i = 0; i < chosen.size(); ++i) {
        (*dims)[chosen[i]] = sizes && i < sizes->size() ? (*sizes)[i] : Dim::Unknown();
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [d...], shape: int [axes] -> any, of those sizes
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const Axes chosen, ChosenAxes(x.rank()));
    ONEDGE_ASSIGN_OR_RETURN(const auto sizes, InputIntegers(ctx, 1));
    if (sizes.size() != chosen.size()) {
      return InvalidArgument("input 1: expected ", chosen.size(), " sizes, got ", sizes.size());
    }
    Shape shape = x.shape();
    for (size_t i = 0; i < chosen.size(); ++i) shape[chosen[i]] = sizes[i];
    ONEDGE_RETURN_IF_ERROR(shape.Check());
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    ClearCells(to.type(), to.at(0), static_cast<size_t>(shape.element_count()));
    if (shape.element_count() > 0 && x.element_count() > 0) {
      const auto from_strides = x.shape().Strides();
      const auto to_strides = shape.Strides();
      int64_t from_offset = 0;
      int64_t to_offset = 0;
      CopyAxes copied;
      for (size_t i = 0; i < shape.rank(); ++i) {
        from_offset += std::max<int64_t>(x.dim(i) - shape[i], 0) / 2 * from_strides[i];
        to_offset += std::max<int64_t>(shape[i] - x.dim(i), 0) / 2 * to_strides[i];
        copied.push_back({std::min(x.dim(i), shape[i]), from_strides[i], to_strides[i]});
      }
      CopyStrided(to.type(), from.at(from_offset), to.at(to_offset), copied, ctx.threads());
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<CenterCropPad>(AttributeReader& attrs) {
  auto op = std::make_unique<CenterCropPad>();
  if (attrs.Has("axes")) op->axes.emplace(attrs.Ints("axes"));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

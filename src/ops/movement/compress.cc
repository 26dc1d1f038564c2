// Compress (ai.onnx 9): keeps the slices along an axis, or the elements of the flattened input, whose condition is
// true.
#include "ops/movement/elements.h"

namespace onedge::ops {

struct Compress final : Op {
  std::optional<int64_t> axis;  // nullopt: flattened

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (!axis) {
      dims = Dims{Dim::Unknown()};
    } else if (from) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(*axis, from->size(), "attribute 'axis'"));
      dims = *from;
      (*dims)[along] = Dim::Unknown();
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [outer, n, inner], condition: bool [at most n] -> any [outer, kept, inner]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    const Tensor& condition = ctx.Input(1);
    Shape shape = {x.element_count()};
    size_t along = 0;
    if (axis) {
      ONEDGE_ASSIGN_OR_RETURN(along, NormalizeAxis(*axis, x.rank(), "attribute 'axis'"));
      shape = x.shape();
    }
    const int64_t n = shape[along];
    if (condition.dtype() != DType::kBool || condition.rank() != 1 || condition.dim(0) > n) {
      return InvalidArgument("input 1: expected at most ", n, " bools, got ", condition);
    }
    const int64_t outer = shape.element_count(0, along);
    const int64_t inner = shape.element_count(along + 1, shape.rank());
    int64_t kept = 0;
    for (uint8_t keep : condition.values<uint8_t>()) kept += keep != 0;
    shape[along] = kept;
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    int64_t place = 0;
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t i = 0; i < condition.dim(0); ++i) {
        if (condition.bytes()[i] == 0) continue;
        CopyCells(to.type(), from.at((o * n + i) * inner), to.at(place++ * inner), static_cast<size_t>(inner));
      }
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Compress>(AttributeReader& attrs) {
  auto op = std::make_unique<Compress>();
  if (attrs.Has("axis")) op->axis = attrs.Int("axis", 0);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// OneHot (ai.onnx 9; negative indices since 11): adds a dimension of size `depth` that is on at the index and off
// elsewhere.
#include "base/checked_math.h"
#include "ops/movement/cell_ops.h"
#include "ops/movement/dims_math.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct OneHot final : Op {
  int64_t axis = -1;
  bool negative_indices = true;

  static Result<int64_t> Depth(const Tensor& depth) {
    if (depth.element_count() != 1) return InvalidArgument("input 1: expected one number, got ", depth);
    ONEDGE_ASSIGN_OR_RETURN(const int64_t size, ReadInteger(depth, 0));
    if (size < 0) return InvalidArgument("input 1: a depth of ", size);
    return size;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    std::optional<Dims> dims;
    if (const Dims* indices = ctx.InputDims(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const size_t added, NormalizeAxis(axis, indices->size() + 1, "attribute 'axis'"));
      Dim depth = Dim::Unknown();
      if (const Tensor* constant = ctx.InputConstant(1)) {
        ONEDGE_ASSIGN_OR_RETURN(const int64_t size, Depth(*constant));
        depth = Dim::Known(size);
      } else if (const auto elements = ctx.InputShapeValue(1); elements && elements->size() == 1) {
        depth = (*elements)[0];
      }
      dims = *indices;
      dims->insert(added, depth);
    }
    ctx.SetOutput(0, ctx.InputDType(2), std::move(dims));
    return OkStatus();
  }

  // indices: number [...], depth: number [], values: any [2] (off, on) -> any [..., depth, ...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Tensor& indices = ctx.Input(0);
    const Tensor& values = ctx.Input(2);
    ONEDGE_ASSIGN_OR_RETURN(const size_t added, NormalizeAxis(axis, indices.rank() + 1, "attribute 'axis'"));
    ONEDGE_ASSIGN_OR_RETURN(const int64_t depth, Depth(ctx.Input(1)));
    if (values.element_count() != 2) return InvalidArgument("input 2: expected the off and the on value, got ", values);
    Shape shape = indices.shape();
    shape.insert(added, depth);
    ONEDGE_ASSIGN_OR_RETURN(const InputCells pair, InputCells::Of(values, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, values.dtype(), shape));
    FillCells(to.type(), pair.at(0), to.at(0), shape.element_count());
    const int64_t inner = indices.shape().element_count(added, indices.rank());
    const int64_t count = indices.element_count();
    for (int64_t i = 0; i < count; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(int64_t index, ReadInteger(indices, i));
      if (index < 0 && negative_indices) index += depth;
      if (index < 0 || index >= depth) continue;  // all off, as the specification requires
      CopyCells(to.type(), pair.at(1), to.at((i / inner * depth + index) * inner + i % inner), 1);
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<OneHot>(AttributeReader& attrs) {
  auto op = std::make_unique<OneHot>();
  op->axis = attrs.Int("axis", -1);
  op->negative_indices = attrs.opset() >= 11;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// ConstantOfShape (ai.onnx 9): a tensor of a given shape filled with `value` (float32 0 by default).
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {

struct ConstantOfShape final : Op {
  Tensor value;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    auto dims = KnownElements(ctx, 0);
    const Dims* length = ctx.InputDims(0);
    if (!dims && length && length->size() == 1 && (*length)[0].known() && (*length)[0].value <= 64) {
      dims.emplace(static_cast<size_t>((*length)[0].value), Dim::Unknown());
    }
    if (dims && dims->size() <= 1 && IsInteger(value.dtype()) && (dims->empty() || (*dims)[0].known())) {
      const int64_t count = dims->empty() ? 1 : (*dims)[0].value;
      if (const auto ints = value.ToInt64s("value"); ints.ok() && count <= 64) {
        const Dim element = (*ints)[0] < 0 ? Dim::Unknown() : Dim::Known((*ints)[0]);
        ctx.SetOutputShapeValue(0, Dims(static_cast<size_t>(count), element));
      }
    }
    ctx.SetOutput(0, value.dtype(), std::move(dims));
    return OkStatus();
  }

  // shape: i64 [rank] -> any [shape]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    ONEDGE_ASSIGN_OR_RETURN(const auto ints, InputIntegers(ctx, 0));
    const Shape shape(ints);
    ONEDGE_RETURN_IF_ERROR(shape.Check());
    ONEDGE_ASSIGN_OR_RETURN(const InputCells cell, InputCells::Of(value, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, value.dtype(), shape));
    FillCells(cell.type(), cell.at(0), to.at(0), shape.element_count());
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<ConstantOfShape>(AttributeReader& attrs) {
  auto op = std::make_unique<ConstantOfShape>();
  op->value = attrs.TensorValue("value");
  if (!op->value.defined()) {
    const float zero = 0.0f;
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromValues<float>({1}, {&zero, 1}));
  }
  if (op->value.element_count() != 1) {
    return CorruptFile("attribute 'value': expected one element, got ", op->value);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

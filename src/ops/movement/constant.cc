// Constant (ai.onnx 1; scalars and lists since 12): a tensor given by an attribute. The loader turns most of these
// nodes into initializers.
#include "ops/movement/dims_math.h"
#include "ops/op.h"

namespace onedge::ops {

struct Constant final : Op {
  Tensor value;

  Status InferShapes(ShapeContext& ctx) const override {
    ctx.SetOutput(0, value.dtype(), graph::DimsOf(value.shape()));
    if (value.rank() > 1 || value.element_count() > 64 || !IsInteger(value.dtype())) return OkStatus();
    Dims elements;
    if (const auto ints = value.ToInt64s("value"); ints.ok()) {
      for (int64_t i : *ints) elements.push_back(i < 0 ? Dim::Unknown() : Dim::Known(i));
      ctx.SetOutputShapeValue(0, std::move(elements));
    }
    return OkStatus();
  }

  Status Run(OpContext& ctx) const override { return ctx.SetOutput(0, value); }
};

template <>
Result<OpPtr> Parse<Constant>(AttributeReader& attrs) {
  auto op = std::make_unique<Constant>();
  if (attrs.Has("value")) {
    op->value = attrs.TensorValue("value");
  } else if (attrs.opset() < 12) {
    return CorruptFile("attribute 'value' is required, but missing");
  } else if (attrs.Has("value_int")) {
    const int64_t one = attrs.Int("value_int", 0);
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromValues<int64_t>({}, {&one, 1}));
  } else if (attrs.Has("value_ints")) {
    const auto ints = attrs.Ints("value_ints");
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromValues<int64_t>({static_cast<int64_t>(ints.size())}, ints));
  } else if (attrs.Has("value_float")) {
    const float one = attrs.Float("value_float", 0.0f);
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromValues<float>({}, {&one, 1}));
  } else if (attrs.Has("value_floats")) {
    const auto floats = attrs.Floats("value_floats");
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromValues<float>({static_cast<int64_t>(floats.size())}, floats));
  } else if (attrs.Has("value_string")) {
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromStrings({}, {attrs.String("value_string", "")}));
  } else if (attrs.Has("value_strings")) {
    auto strings = attrs.Strings("value_strings");
    const auto count = static_cast<int64_t>(strings.size());
    ONEDGE_ASSIGN_OR_RETURN(op->value, Tensor::FromStrings({count}, std::move(strings)));
  } else {
    return Unsupported("a Constant without a value, value_int(s), value_float(s) or value_string(s)");
  }
  if (!op->value.defined()) return CorruptFile("attribute 'value': expected a tensor");
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// Optional (ai.onnx 15), OptionalGetElement and OptionalHasElement (15; since 18 also for plain values): values that
// may be absent.
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct Optional final : Op {
  TypeInfo type;  // of the element; used if the node has no input

  Status InferShapes(ShapeContext& ctx) const override {
    ctx.SetOutputType(0, TypeInfo::Optional(ctx.HasInput(0) ? ctx.InputType(0) : type));
    return OkStatus();
  }
  // x: any value (optional) -> x, or none
  Status Run(OpContext& ctx) const override { return ctx.SetOutput(0, ctx.HasInput(0) ? ctx.InputValue(0) : Value()); }
};

template <>
Result<OpPtr> Parse<Optional>(AttributeReader& attrs) {
  auto op = std::make_unique<Optional>();
  op->type = attrs.TypeInfoValue("type");
  return OpPtr(std::move(op));
}

struct OptionalGetElement final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    const TypeInfo& type = ctx.InputType(0);
    const bool optional = type.kind == TypeInfo::Kind::kOptional;
    ctx.SetOutputType(0, !optional ? type : type.element ? *type.element : TypeInfo());
    return OkStatus();
  }
  // x: an optional or any other value -> its element, or x
  Status Run(OpContext& ctx) const override {
    if (!ctx.HasInput(0)) return InvalidArgument("input 0: the optional is empty");
    return ctx.SetOutput(0, ctx.InputValue(0));
  }
};

template <>
Result<OpPtr> Parse<OptionalGetElement>(AttributeReader&) {
  return OpPtr(std::make_unique<OptionalGetElement>());
}

struct OptionalHasElement final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ctx.SetOutput(0, DType::kBool, Dims{});
    return OkStatus();
  }
  // x: an optional or any other value (optional) -> bool []
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kBool, {}));
    *y->mutable_data<bool>() = ctx.HasInput(0);
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<OptionalHasElement>(AttributeReader&) {
  return OpPtr(std::make_unique<OptionalHasElement>());
}

}  // namespace onedge::ops

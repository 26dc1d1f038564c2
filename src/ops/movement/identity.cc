// Identity (ai.onnx 1): returns its input, of any type.
#include "ops/op.h"

namespace onedge::ops {

struct Identity final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    if (!ctx.HasInput(0)) return InvalidArgument("input 0 is required, but missing");
    ctx.SetOutputType(0, ctx.InputType(0));
    if (auto elements = ctx.InputShapeValue(0)) ctx.SetOutputShapeValue(0, std::move(*elements));
    return OkStatus();
  }
  // x: any value -> y: x itself
  Status Run(OpContext& ctx) const override { return ctx.SetOutput(0, ctx.InputValue(0)); }
  std::optional<size_t> AliasedInput() const override { return 0; }
};

template <>
Result<OpPtr> Parse<Identity>(AttributeReader&) {
  return OpPtr(std::make_unique<Identity>());
}

}  // namespace onedge::ops

// Size (ai.onnx 1): the number of elements of its input, an int64 scalar.
#include "ops/movement/dims_math.h"
#include "ops/op.h"

namespace onedge::ops {

struct Size final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    ctx.SetOutput(0, DType::kInt64, Dims{});
    if (const Dims* dims = ctx.InputDims(0)) ctx.SetOutputShapeValue(0, {Product(*dims)});
    return OkStatus();
  }

  // x: any [...] -> i64 []
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kInt64, {}));
    *y->mutable_data<int64_t>() = ctx.Input(0).element_count();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Size>(AttributeReader&) {
  return OpPtr(std::make_unique<Size>());
}

}  // namespace onedge::ops

// DynamicQuantizeLinear (ai.onnx 11): quantizes to uint8 with a scale and zero point computed from the tensor itself.
#include "ops/nn/parallel.h"
#include "ops/op.h"
#include "ops/quant/quantize.h"

namespace onedge::ops {

struct DynamicQuantizeLinear final : Op {
  bool quantizes() const override { return true; }
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* x = ctx.InputDims(0);
    ctx.SetOutput(0, DType::kUint8, x ? std::optional(*x) : std::nullopt);
    ctx.SetOutput(1, DType::kFloat32, Dims());
    ctx.SetOutput(2, DType::kUint8, Dims());
    return OkStatus();
  }

  // x: float32 -> y: uint8, as x; scale: float32 []; zero point: uint8 []
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.dtype() != DType::kFloat32) return InvalidArgument("input 0: expected float32, got ", DTypeName(x.dtype()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor * y, ctx.Output(0, DType::kUint8, x.shape()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor * scale, ctx.Output(1, DType::kFloat32, {}));
    ONEDGE_ASSIGN_OR_RETURN(Tensor * zero_point, ctx.Output(2, DType::kUint8, {}));
    const size_t count = static_cast<size_t>(x.element_count());
    const DynamicQuantization chosen = ChooseQuantization(x.data<float>(), count, ctx.threads());
    *scale->mutable_data<float>() = chosen.scale;
    *zero_point->mutable_data<uint8_t>() = chosen.zero_point;
    ParallelRanges(ctx.threads(), count, 4, [&](size_t begin, size_t end) {
      QuantizeToUint8(x.data<float>() + begin, end - begin, chosen, y->mutable_data<uint8_t>() + begin);
    });
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<DynamicQuantizeLinear>(AttributeReader&) {
  return OpPtr(std::make_unique<DynamicQuantizeLinear>());
}

}  // namespace onedge::ops

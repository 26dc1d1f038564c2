// BitCast (ai.onnx 26): the same bits under another dtype of the same width.
#include <cstring>

#include "ops/op.h"

namespace onedge::ops {

struct BitCast final : Op {
  explicit BitCast(DType target) : to(target) {}

  Status Check(DType from) const {
    if (DTypeBits(from) == DTypeBits(to) && DTypeBits(to) != 0) return OkStatus();
    return InvalidArgument("input 0: expected a dtype as wide as ", DTypeName(to), ", got ", DTypeName(from));
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    if (ctx.InputDType(0) != DType::kUndefined) ONEDGE_RETURN_IF_ERROR(Check(ctx.InputDType(0)));
    const Dims* dims = ctx.InputDims(0);
    ctx.SetOutput(0, to, dims ? std::optional<Dims>(*dims) : std::nullopt);
    return OkStatus();
  }

  // x: any but strings -> y: as x, of dtype `to`
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    ONEDGE_RETURN_IF_ERROR(Check(x.dtype()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, to, x.shape()));
    if (x.byte_size() > 0) std::memcpy(y->mutable_bytes(), x.bytes(), x.byte_size());
    return OkStatus();
  }

  const DType to;
};

template <>
Result<OpPtr> Parse<BitCast>(AttributeReader& attrs) {
  attrs.RequiredInt("to");
  return OpPtr(std::make_unique<BitCast>(attrs.Type("to")));
}

}  // namespace onedge::ops

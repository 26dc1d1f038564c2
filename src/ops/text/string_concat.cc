// StringConcat (ai.onnx 20): joins strings element by element, with broadcasting.
#include "ops/op.h"

namespace onedge::ops {

struct StringConcat final : Op {
  Status InferShapes(ShapeContext& ctx) const override { return InferBroadcast(ctx, DType::kString); }

  // x: string [...], y: string [...] -> string [broadcast of the two]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& x = ctx.Input(0);
    const Tensor& y = ctx.Input(1);
    const auto shape = BroadcastShapes(x.shape(), y.shape());
    if (x.dtype() != DType::kString || y.dtype() != DType::kString || !shape) {
      return InvalidArgument("expected strings that broadcast, got ", x, " and ", y);
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const z, ctx.Output(0, DType::kString, *shape));
    // The element of `from` under output element i.
    const auto source = [&shape](const Tensor& from, int64_t i) -> const std::string& {
      int64_t offset = 0;
      int64_t stride = 1;
      for (size_t k = 0; k < from.rank(); ++k) {
        const int64_t size = (*shape)[shape->rank() - 1 - k];
        const int64_t dim = from.dim(from.rank() - 1 - k);
        if (dim != 1) offset += i % size * stride;
        i /= size;
        stride *= dim;
      }
      return from.strings()[static_cast<size_t>(offset)];
    };
    for (int64_t i = 0; i < shape->element_count(); ++i) {
      z->mutable_strings()[static_cast<size_t>(i)] = source(x, i) + source(y, i);
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<StringConcat>(AttributeReader&) {
  return OpPtr(std::make_unique<StringConcat>());
}

}  // namespace onedge::ops

// SequenceAt and SequenceLength (ai.onnx 11): one element of a sequence, and the number of elements.
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SequenceAt final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(TypeInfo element, SequenceElement(ctx, 0));
    ctx.SetOutputType(0, std::move(element));
    return OkStatus();
  }

  // sequence, position: int [] in [-n, n) -> the element
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const from, SequenceInput(ctx, 0));
    ONEDGE_ASSIGN_OR_RETURN(const int64_t position, IntegerInput(ctx, 1));
    const auto size = static_cast<int64_t>(from->elements.size());
    if (position < -size || position >= size) {
      return InvalidArgument("input 1: position ", position, " is out of range [", -size, ", ", size, ")");
    }
    return ctx.SetOutput(0, from->elements[static_cast<size_t>(position < 0 ? position + size : position)]);
  }
};

template <>
Result<OpPtr> Parse<SequenceAt>(AttributeReader&) {
  return OpPtr(std::make_unique<SequenceAt>());
}

struct SequenceLength final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(SequenceElement(ctx, 0).status());
    ctx.SetOutput(0, DType::kInt64, Dims{});
    return OkStatus();
  }

  // sequence -> i64 []
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const from, SequenceInput(ctx, 0));
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kInt64, {}));
    *y->mutable_data<int64_t>() = static_cast<int64_t>(from->elements.size());
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<SequenceLength>(AttributeReader&) {
  return OpPtr(std::make_unique<SequenceLength>());
}

}  // namespace onedge::ops

// SequenceInsert and SequenceErase (ai.onnx 11): add one tensor to a sequence or remove one. A negative position counts
// from the end; without a position the end is used.
#include "ops/control/type_join.h"
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SequenceInsert final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(TypeInfo element, SequenceElement(ctx, 0));
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    ONEDGE_ASSIGN_OR_RETURN(element, JoinTypes(element, ctx.InputType(1), "input 1"));
    ctx.SetOutputType(0, TypeInfo::Sequence(std::move(element)));
    return OkStatus();
  }

  // sequence, tensor: any [...], position: int [] (optional) in [-n, n] -> sequence of n + 1
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const from, SequenceInput(ctx, 0));
    if (!ctx.HasInput(1) || !ctx.InputValue(1).is_tensor()) return InvalidArgument("input 1: expected a tensor");
    const auto size = static_cast<int64_t>(from->elements.size());
    if (size > 0 && from->elements[0].is_tensor() && from->elements[0].tensor().dtype() != ctx.Input(1).dtype()) {
      return InvalidArgument("input 1: ", ctx.Input(1), " into a sequence of ", from->elements[0]);
    }
    int64_t position = size;
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(position, IntegerInput(ctx, 2));
      if (position < -size || position > size) {
        return InvalidArgument("input 2: position ", position, " is out of range [", -size, ", ", size, "]");
      }
      if (position < 0) position += size;
    }
    Sequence to = ctx.TakeInput(0).TakeSequence();
    to.elements.insert(to.elements.begin() + static_cast<ptrdiff_t>(position), ctx.InputValue(1));
    return ctx.SetOutput(0, Value(std::move(to)));
  }
};

template <>
Result<OpPtr> Parse<SequenceInsert>(AttributeReader&) {
  return OpPtr(std::make_unique<SequenceInsert>());
}

struct SequenceErase final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(TypeInfo element, SequenceElement(ctx, 0));
    ctx.SetOutputType(0, TypeInfo::Sequence(std::move(element)));
    return OkStatus();
  }

  // sequence, position: int [] (optional) in [-n, n) -> sequence of n - 1
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const from, SequenceInput(ctx, 0));
    const auto size = static_cast<int64_t>(from->elements.size());
    int64_t position = -1;
    if (ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(position, IntegerInput(ctx, 1));
    }
    if (position < -size || position >= size) {
      return InvalidArgument("input 1: position ", position, " is out of range [", -size, ", ", size, ")");
    }
    Sequence to = ctx.TakeInput(0).TakeSequence();
    to.elements.erase(to.elements.begin() + static_cast<ptrdiff_t>(position < 0 ? position + size : position));
    return ctx.SetOutput(0, Value(std::move(to)));
  }
};

template <>
Result<OpPtr> Parse<SequenceErase>(AttributeReader&) {
  return OpPtr(std::make_unique<SequenceErase>());
}

}  // namespace onedge::ops

#include "ops/sequence/element_type.h"

namespace onedge::ops {

Result<TypeInfo> SequenceElement(const ShapeContext& ctx, size_t i) {
  const TypeInfo* type = &ctx.InputType(i);
  if (type->kind == TypeInfo::Kind::kOptional && type->element) type = type->element.get();
  if (type->kind == TypeInfo::Kind::kUnknown) return TypeInfo();
  if (type->kind != TypeInfo::Kind::kSequence) return InvalidArgument("input ", i, ": expected a sequence");
  return type->element ? *type->element : TypeInfo();
}

Result<const Sequence*> SequenceInput(const OpContext& ctx, size_t i) {
  if (!ctx.HasInput(i)) return InvalidArgument("input ", i, " is required, but missing");
  if (!ctx.InputValue(i).is_sequence()) {
    return InvalidArgument("input ", i, ": expected a sequence, got ", ctx.InputValue(i));
  }
  return &ctx.InputValue(i).sequence();
}

Result<int64_t> IntegerInput(const OpContext& ctx, size_t i) {
  if (!ctx.HasInput(i) || !ctx.InputValue(i).is_tensor() || ctx.Input(i).element_count() != 1) {
    return InvalidArgument("input ", i, ": expected one integer");
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto value, ctx.Input(i).ToInt64s(StrCat("input ", i)));
  return value[0];
}

}  // namespace onedge::ops

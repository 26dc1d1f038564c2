#include "ops/control/type_join.h"

namespace onedge::ops {

using Kind = TypeInfo::Kind;

Result<TypeInfo> JoinTypes(const TypeInfo& a, const TypeInfo& b, std::string_view what) {
  if (a.kind == Kind::kUnknown) return b;
  if (b.kind == Kind::kUnknown) return a;
  if (a.kind == Kind::kOptional && b.kind != Kind::kOptional && a.element) {
    ONEDGE_ASSIGN_OR_RETURN(TypeInfo element, JoinTypes(*a.element, b, what));
    return TypeInfo::Optional(std::move(element));
  }
  if (b.kind == Kind::kOptional && a.kind != Kind::kOptional) return JoinTypes(b, a, what);
  const bool known_dtypes = a.dtype != DType::kUndefined && b.dtype != DType::kUndefined;
  if (a.kind != b.kind || (known_dtypes && a.dtype != b.dtype)) {
    const graph::SymbolTable none;
    return InvalidArgument(what, " is of different kinds or dtypes: ", a.is_tensor() ? DTypeName(a.dtype) : "no tensor",
                           " and ", b.is_tensor() ? DTypeName(b.dtype) : "no tensor");
  }
  TypeInfo out = a;
  if (a.dtype == DType::kUndefined) out.dtype = b.dtype;
  if (a.element && b.element) {
    ONEDGE_ASSIGN_OR_RETURN(TypeInfo element, JoinTypes(*a.element, *b.element, what));
    out.element = std::make_shared<const TypeInfo>(std::move(element));
  }
  if (!a.dims || !b.dims || a.dims->size() != b.dims->size()) {
    out.dims.reset();
  } else {
    for (size_t i = 0; i < out.dims->size(); ++i) {
      if (!(*a.dims)[i].Same((*b.dims)[i])) (*out.dims)[i] = Dim::Unknown();
    }
  }
  return out;
}

bool SameType(const TypeInfo& a, const TypeInfo& b) {
  if (a.kind != b.kind || a.dtype != b.dtype || a.dims != b.dims || !a.element != !b.element) return false;
  return !a.element || SameType(*a.element, *b.element);
}

}  // namespace onedge::ops

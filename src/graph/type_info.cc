#include "graph/type_info.h"

namespace onedge::graph {

Dims DimsOf(const Shape& shape) {
  Dims dims;
  for (int64_t dim : shape) dims.push_back(Dim::Known(dim));
  return dims;
}

std::optional<Shape> ShapeOf(const Dims& dims) {
  Shape shape;
  for (const Dim& dim : dims) {
    if (!dim.known()) return std::nullopt;
    shape.push_back(dim.value);
  }
  return shape;
}

int32_t SymbolTable::Intern(const std::string& name) {
  for (size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int32_t>(i);
  }
  names.push_back(name);
  return static_cast<int32_t>(names.size() - 1);
}

TypeInfo TypeInfo::Tensor(DType dtype, std::optional<Dims> dims) {
  TypeInfo type;
  type.kind = Kind::kTensor;
  type.dtype = dtype;
  type.dims = std::move(dims);
  return type;
}

TypeInfo TypeInfo::Sequence(TypeInfo element) {
  TypeInfo type;
  type.kind = Kind::kSequence;
  type.element = std::make_shared<const TypeInfo>(std::move(element));
  return type;
}

TypeInfo TypeInfo::Optional(TypeInfo element) {
  TypeInfo type;
  type.kind = Kind::kOptional;
  type.element = std::make_shared<const TypeInfo>(std::move(element));
  return type;
}

TypeInfo TypeInfo::Map(DType key, TypeInfo value) {
  TypeInfo type;
  type.kind = Kind::kMap;
  type.dtype = key;
  type.element = std::make_shared<const TypeInfo>(std::move(value));
  return type;
}

std::string TypeInfo::ToString(const SymbolTable& symbols) const {
  switch (kind) {
    case Kind::kUnknown:
      return "unknown";
    case Kind::kSequence:
      return "sequence of " + element->ToString(symbols);
    case Kind::kOptional:
      return "optional " + element->ToString(symbols);
    case Kind::kMap:
      return StrCat("map from ", DTypeName(dtype), " to ", element->ToString(symbols));
    case Kind::kTensor:
      break;
  }
  std::string out(DTypeName(dtype));
  if (!dims) return out + " of any rank";
  out += " [";
  for (size_t i = 0; i < dims->size(); ++i) {
    if (i > 0) out += ", ";
    const Dim& dim = (*dims)[i];
    if (dim.known()) {
      out += StrCat(dim.value);
    } else {
      const auto symbol = static_cast<size_t>(dim.symbol);
      out += dim.symbol >= 0 && symbol < symbols.names.size() ? symbols.names[symbol] : "?";
    }
  }
  return out + "]";
}

}  // namespace onedge::graph

// TypeInfo: the type of a value as known before a run: tensor, sequence, optional or map; element type; dimensions,
// each known, symbolic ("batch") or unknown.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/inline_vector.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace onedge::graph {

// One dimension. Two dimensions with the same symbol are equal in every run.
struct Dim {
  static constexpr int64_t kUnknown = -1;

  int64_t value = kUnknown;
  int32_t symbol = -1;  // index into SymbolTable::names; used only if value is kUnknown

  static Dim Known(int64_t value) { return {value, -1}; }
  static Dim Symbol(int32_t symbol) { return {kUnknown, symbol}; }
  static Dim Unknown() { return {}; }

  bool known() const { return value != kUnknown; }
  bool is(int64_t v) const { return value == v && v >= 0; }
  // True if both are certainly equal. Two unknown dimensions are not.
  bool Same(const Dim& other) const {
    return known() ? value == other.value : symbol >= 0 && symbol == other.symbol && !other.known();
  }
  friend bool operator==(const Dim&, const Dim&) = default;
};

using Dims = InlineVector<Dim, 8>;

Dims DimsOf(const Shape& shape);
// nullopt unless every dimension is known.
std::optional<Shape> ShapeOf(const Dims& dims);

// The names of the symbolic dimensions of a model, shared by its graph and all subgraphs.
struct SymbolTable {
  std::vector<std::string> names;

  // The symbol with this name; it is added if it is new.
  int32_t Intern(const std::string& name);
};

struct TypeInfo {
  enum class Kind : uint8_t { kUnknown, kTensor, kSequence, kOptional, kMap };

  Kind kind = Kind::kUnknown;
  DType dtype = DType::kUndefined;          // of the elements (kTensor) or of the keys (kMap)
  std::optional<Dims> dims;                 // kTensor; nullopt if even the rank is unknown
  std::shared_ptr<const TypeInfo> element;  // kSequence, kOptional: of the element; kMap: of the values

  static TypeInfo Tensor(DType dtype, std::optional<Dims> dims = std::nullopt);
  static TypeInfo Tensor(DType dtype, const Shape& shape) { return Tensor(dtype, DimsOf(shape)); }
  static TypeInfo Sequence(TypeInfo element);
  static TypeInfo Optional(TypeInfo element);
  static TypeInfo Map(DType key, TypeInfo value);

  bool is_tensor() const { return kind == Kind::kTensor; }
  // "int64 [batch, 128]", "sequence of float32 [?]".
  std::string ToString(const SymbolTable& symbols) const;
};

}  // namespace onedge::graph

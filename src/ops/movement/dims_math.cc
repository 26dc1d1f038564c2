#include "ops/movement/dims_math.h"

#include <algorithm>

#include "base/checked_math.h"

namespace onedge::ops {
namespace {

// Longer vectors are data, not shapes.
constexpr int64_t kLongestShape = 1024;

}  // namespace

Dim Quotient(std::span<const Dim> numerators, std::span<const Dim> denominators) {
  int64_t factor = 1;
  InlineVector<int32_t, 8> symbols;
  bool unknown = false;
  bool zero = false;
  for (const Dim& dim : numerators) {
    if (dim.known()) {
      zero = zero || dim.value == 0;
      const auto product = CheckedMultiply(factor, dim.value);
      unknown = unknown || !product;
      factor = product.value_or(1);
    } else if (dim.symbol >= 0) {
      symbols.push_back(dim.symbol);
    } else {
      unknown = true;
    }
  }
  if (zero && denominators.empty()) return Dim::Known(0);
  if (unknown) return Dim::Unknown();
  int64_t divisor = 1;
  for (const Dim& dim : denominators) {
    if (dim.known()) {
      const auto product = CheckedMultiply(divisor, dim.value);
      if (!product) return Dim::Unknown();
      divisor = *product;
    } else {
      const auto found = std::find(symbols.begin(), symbols.end(), dim.symbol);
      if (dim.symbol < 0 || found == symbols.end()) return Dim::Unknown();
      symbols.erase(static_cast<size_t>(found - symbols.begin()));
    }
  }
  if (divisor == 0 || factor % divisor != 0) return Dim::Unknown();
  factor /= divisor;
  if (symbols.empty()) return Dim::Known(factor);
  return symbols.size() == 1 && factor == 1 ? Dim::Symbol(symbols[0]) : Dim::Unknown();
}

Result<Dim> MergeDims(const Dim& a, const Dim& b, std::string_view what) {
  if (a.known() && b.known() && a.value != b.value) {
    return InvalidArgument(what, ": expected ", a.value, ", got ", b.value);
  }
  return a.known() || (a.symbol >= 0 && !b.known()) ? a : b;
}

std::optional<Dims> KnownElements(const ShapeContext& ctx, size_t i) {
  if (const Tensor* constant = ctx.InputConstant(i)) {
    if (constant->rank() > 1 || !IsInteger(constant->dtype()) || constant->element_count() > kLongestShape) {
      return std::nullopt;
    }
    const auto ints = constant->ToInt64s("");
    if (!ints.ok()) return std::nullopt;
    Dims dims;
    for (int64_t value : *ints) dims.push_back(value < 0 ? Dim::Unknown() : Dim::Known(value));
    return dims;
  }
  return ctx.InputShapeValue(i);
}

}  // namespace onedge::ops

// Arithmetic on dimensions of which some are symbols or unknown.
#pragma once

#include "ops/shape_context.h"

namespace onedge::ops {

// The product of `numerators` over the product of `denominators`, where symbols cancel: [batch, 12,
// 64] over [batch, 64] is 12. Unknown when it cannot be told, and when the division leaves a rest.
Dim Quotient(std::span<const Dim> numerators, std::span<const Dim> denominators);

// Known, a single symbol, or unknown.
inline Dim Product(std::span<const Dim> dims) { return Quotient(dims, {}); }

// a + b, where b may be negative; unknown unless `a` is known.
inline Dim Plus(const Dim& a, int64_t b) {
  if (b == 0) return a;
  return a.known() ? Dim::Known(a.value + b) : Dim::Unknown();
}

// What both are known to be. Fails when they are known and differ; `what` names the place.
Result<Dim> MergeDims(const Dim& a, const Dim& b, std::string_view what);

// The elements of input `i` (an integer vector or scalar) as far as they are known, negative ones
// as unknown. For operators that compute shapes.
std::optional<Dims> KnownElements(const ShapeContext& ctx, size_t i);

}  // namespace onedge::ops

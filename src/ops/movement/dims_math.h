// Arithmetic on dimensions that may be symbols or unknown.
#pragma once

#include "ops/shape_context.h"

namespace onedge::ops {

// The product of `numerators` over the product of `denominators`, with equal symbols cancelled: [batch, 12, 64] over
// [batch, 64] is 12. Unknown if it cannot be determined, or if the division leaves a remainder.
Dim Quotient(std::span<const Dim> numerators, std::span<const Dim> denominators);

// Known, a single symbol, or unknown.
inline Dim Product(std::span<const Dim> dims) { return Quotient(dims, {}); }

// a + b; b may be negative. Unknown unless `a` is known.
inline Dim Plus(const Dim& a, int64_t b) {
  if (b == 0) return a;
  return a.known() ? Dim::Known(a.value + b) : Dim::Unknown();
}

// The best known value of both. Fails if both are known and differ; `what` names the dimension in the message.
Result<Dim> MergeDims(const Dim& a, const Dim& b, std::string_view what);

// The elements of input `i` (an integer vector or scalar) as far as they are known; negative elements count as unknown.
// For operators that compute shapes.
std::optional<Dims> KnownElements(const ShapeContext& ctx, size_t i);

}  // namespace onedge::ops

// How far an output may be from the expected one: the one table of the conformance programs.
#pragma once

#include <optional>
#include <string>

#include "tensor/value.h"

namespace onedge::conformance {

// |got - expected| <= absolute + relative * |expected| + of_largest * max |expected|, element by element; NaN equals
// NaN, infinities equal their like. The last term is what the rounding of a sum leaves where its terms cancel.
struct Tolerance {
  double relative;
  double absolute;
  double of_largest = 0;
};

// `model`: a whole network, whose outputs near zero are sums of rounding errors, rather than a single operator.
Tolerance ToleranceFor(DType dtype, bool model);

// Why the values differ ("shape [2], expected [3]", "element 7 is ..."), or nullopt when they agree.
std::optional<std::string> Difference(const Value& got, const Value& expected, bool model);

}  // namespace onedge::conformance

// Tolerances for outputs: the one table of the conformance programs.
#pragma once

#include <optional>
#include <string>

#include "tensor/value.h"

namespace onedge::conformance {

// |got - expected| <= absolute + relative * |expected| + of_largest * max |expected|, element by element. NaN equals
// NaN, and equal infinities are equal. The last term covers the rounding of a sum whose terms cancel.
struct Tolerance {
  double relative;
  double absolute;
  double of_largest = 0;
};

// `model`: a whole network instead of a single operator; its outputs near zero are sums of rounding errors.
Tolerance ToleranceFor(DType dtype, bool model);

// The difference between the values ("shape [2], expected [3]", "element 7 is ..."), or nullopt if they agree.
std::optional<std::string> Difference(const Value& got, const Value& expected, bool model);

}  // namespace onedge::conformance

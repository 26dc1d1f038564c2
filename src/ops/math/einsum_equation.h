// The equation of an Einsum, parsed: "bij,bjk->bik", with spaces, one ellipsis a term, and the
// output left out allowed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::ops {

// A label: a letter, or one dimension of the ellipsis as 128 + its place counted from the last.
using Labels = std::vector<uint8_t>;
constexpr uint8_t kEllipsis = 128;
constexpr size_t kMostLabels = 32;

struct Equation {
  std::vector<std::string> inputs;  // '.' stands for the ellipsis
  std::string output;
};

// Fails on anything but letters and ellipses, and on output labels that are repeated or in no
// input.
Result<Equation> ParseEquation(std::string_view text);

// The labels of a term whose ellipsis, if it has one, stands for `ellipsis` dimensions.
Labels Expand(const std::string& term, size_t ellipsis);

}  // namespace onedge::ops

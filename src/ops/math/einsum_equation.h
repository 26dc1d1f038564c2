// The parsed equation of an Einsum: "bij,bjk->bik". Spaces are allowed, one ellipsis for each term, and a missing
// output.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::ops {

// A label: a letter, or one dimension of the ellipsis as 128 + its position counted from the last.
using Labels = std::vector<uint8_t>;
constexpr uint8_t kEllipsis = 128;
constexpr size_t kMostLabels = 32;

struct Equation {
  std::vector<std::string> inputs;  // '.' stands for the ellipsis
  std::string output;
};

// Fails on any character except letters and ellipses, and on output labels that are repeated or absent from the inputs.
Result<Equation> ParseEquation(std::string_view text);

// The labels of a term; its ellipsis, if any, covers `ellipsis` dimensions.
Labels Expand(const std::string& term, size_t ellipsis);

}  // namespace onedge::ops

// Lines of text output: numbers and names in columns.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace onedge::tasks {

// `text` followed by spaces, at least `width` bytes.
std::string Padded(std::string_view text, size_t width);
// "  12-15  ": a span in columns.
std::string Range(int64_t start, int64_t end);
// With four decimals.
std::string Fixed(double value);

}  // namespace onedge::tasks

#include "tasks/text_lines.h"

#include <cmath>

#include "base/decimal.h"
#include "base/str_cat.h"

namespace onedge::tasks {

std::string Padded(std::string_view text, size_t width) {
  std::string out(text);
  if (out.size() < width) out.append(width - out.size(), ' ');
  return out;
}

std::string Range(int64_t start, int64_t end) {
  std::string first = StrCat(start);
  if (first.size() < 4) first.insert(0, 4 - first.size(), ' ');
  return StrCat(first, "-", Padded(StrCat(end), 4));
}

std::string Fixed(double value) {
  const double scaled = std::round(std::abs(value) * 10'000);
  if (!(scaled < 1e15)) return FormatNumber(value, 6);
  const auto digits = static_cast<uint64_t>(scaled);
  std::string decimals = StrCat(digits % 10'000);
  decimals.insert(0, 4 - decimals.size(), '0');
  return StrCat(value < 0 ? "-" : "", digits / 10'000, ".", decimals);
}

}  // namespace onedge::tasks

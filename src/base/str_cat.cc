#include "base/str_cat.h"

#include "base/decimal.h"

namespace onedge {

std::string NumberToString(double value) {
  for (int digits : {6, 9}) {
    std::string text = FormatNumber(value, digits);
    if (ParseNumber(text.c_str()) == value) return text;
  }
  return FormatNumber(value, 17);
}

namespace internal {

void Append(std::string& out, const char* part) { out.append(part); }
void Append(std::string& out, char part) { out.push_back(part); }
void Append(std::string& out, int64_t part) { out.append(std::to_string(part)); }
void Append(std::string& out, uint64_t part) { out.append(std::to_string(part)); }
void Append(std::string& out, double part) { out.append(NumberToString(part)); }
void Append(std::string& out, const std::string_view* part) { out.append(*part); }
void Append(std::string& out, const std::string* part) { out.append(*part); }

}  // namespace internal
}  // namespace onedge

#include "base/str_cat.h"

#include <cstdio>
#include <cstdlib>

namespace onedge {

std::string NumberToString(double value) {
  char text[32];
  for (int digits : {6, 9, 17}) {
    std::snprintf(text, sizeof text, "%.*g", digits, value);
    if (std::strtod(text, nullptr) == value) break;
  }
  return text;
}

}  // namespace onedge

// What yyjson reads and writes floating-point numbers with in WebAssembly, in place of its own tables and of the C
// library's strtod and snprintf (cmake/third_party/CMakeLists.txt names them).
#include <algorithm>
#include <cstdarg>
#include <cstddef>
#include <cstring>

#include "base/decimal.h"

extern "C" double onedge_strtod(const char* text, char** end) {
  const char* after = nullptr;
  const double value = onedge::ParseNumber(text, &after);
  *end = const_cast<char*>(after);
  return value;
}

// As snprintf with the format "%.*g", the only one that yyjson uses.
extern "C" int onedge_snprintf(char* out, size_t size, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  const int digits = va_arg(arguments, int);
  const std::string text = onedge::FormatNumber(va_arg(arguments, double), digits);
  va_end(arguments);
  const size_t length = std::min(text.size(), size - 1);
  std::memcpy(out, text.data(), length);
  out[length] = '\0';
  return static_cast<int>(text.size());
}

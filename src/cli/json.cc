#include "cli/json.h"

#include <charconv>
#include <cmath>

namespace onedge::cli {

yyjson_mut_val* Json::Float(float value) {
  if (!std::isfinite(value)) return yyjson_mut_null(doc_);  // JSON has no NaN
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return yyjson_mut_rawncpy(doc_, text, static_cast<size_t>(end - text));
}

std::string Json::ToString(yyjson_mut_val* root, bool pretty) {
  yyjson_mut_doc_set_root(doc_, root);
  size_t size = 0;
  char* text = yyjson_mut_write(doc_, pretty ? YYJSON_WRITE_PRETTY_TWO_SPACES : YYJSON_WRITE_NOFLAG, &size);
  std::string out = text ? std::string(text, size) : std::string();
  std::free(text);
  return out;
}

}  // namespace onedge::cli

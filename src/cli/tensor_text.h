// Tensors as text: a preview for people, JSON for programs.
#pragma once

#include <string>

#include "tensor/value.h"
#include "text/json.h"

namespace onedge::cli {

// The first few elements: "[0.1, 0.2, ...]".
std::string Preview(const Value& value);
// {"dtype", "shape", "data"}: data flat, in row-major order. kUnsupported for sequences and maps.
Status WriteJson(const Value& value, JsonWriter& out);

}  // namespace onedge::cli

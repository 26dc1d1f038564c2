// Tensors as text: a preview for people, JSON for programs.
#pragma once

#include <string>

#include "cli/json.h"
#include "tensor/value.h"

namespace onedge::cli {

// The first few elements: "[0.1, 0.2, ...]".
std::string Preview(const Value& value);
// {"dtype", "shape", "data"}: data flat, in row-major order. kUnsupported for sequences and maps.
Result<yyjson_mut_val*> ToJson(Json& json, const Value& value);

}  // namespace onedge::cli

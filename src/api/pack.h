// Making .onedge packages: what `onedge pack` does, for programs. Not in the wasm module.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "package/manifest.h"

namespace onedge::api {

struct PackRequest {
  // Name, version, task, labels, settings and license. Pack fills in the signature and the parts, and, with a
  // tokenizer, the setting that names it.
  package::Manifest manifest;
  std::span<const uint8_t> model;           // an .onnx file
  std::string model_name;                   // for errors
  std::span<const uint8_t> tokenizer_json;  // empty: no tokenizer (api/tokenizer.h makes one of other files)
  bool quantize_int8 = false;               // weights of matrix products to 8 bits, activations as the model runs
  // Reads a file beside the model that holds some of its weights. Absent: such a model is refused.
  std::function<Result<std::vector<uint8_t>>(const std::string& location)> read_external;
};

// Writes the package, in pieces, and returns its digest (sha256 in hex of its manifest). Fails before the first piece
// when the model does not load, or cannot do the task that the manifest names.
Result<std::string> Pack(PackRequest request, const std::function<Status(std::span<const uint8_t>)>& write);

}  // namespace onedge::api

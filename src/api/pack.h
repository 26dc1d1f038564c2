// Makes .onedge packages, like `onedge pack`, for programs. Not in the wasm module.
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
  // Name, version, task, labels, settings and license. Pack fills in the signature, the parts and, if there is a
  // tokenizer, the setting that names it.
  package::Manifest manifest;
  std::span<const uint8_t> model;           // an .onnx file
  std::string model_name;                   // for error messages
  std::span<const uint8_t> tokenizer_json;  // empty: no tokenizer (api/tokenizer.h converts other files)
  bool quantize_int8 = false;  // weights of matrix products to 8 bits; activations are quantized in each run
  // Reads a separate file with weights of the model. If empty, such a model is refused.
  std::function<Result<std::vector<uint8_t>>(const std::string& location)> read_external;
};

// Writes the package in pieces and returns its digest (sha256 in hex of its manifest). Fails before the first piece if
// the model does not load or cannot do the task that the manifest names.
Result<std::string> Pack(PackRequest request, const std::function<Status(std::span<const uint8_t>)>& write);

}  // namespace onedge::api

// Moves a model's external data into the file itself, for code that reads or rewrites the whole model.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"

namespace onedge::onnx {

// All bytes of the file that the model calls `location`: a relative path inside the model's folder.
using ReadExternalFile = std::function<Result<std::vector<uint8_t>>(const std::string& location)>;

// `model`: an .onnx file; together with its data at most 2 GB, the limit of protobuf.
Result<std::vector<uint8_t>> InlineExternalData(std::span<const uint8_t> model, const ReadExternalFile& read);

}  // namespace onedge::onnx

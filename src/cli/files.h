// Files for the command line: whole files, models in chunks with their external data, NumPy arrays.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "api/model.h"

namespace onedge::cli {

Result<std::vector<uint8_t>> ReadFile(const std::string& path);
// Calls `feed` with the file's bytes, chunk by chunk.
Status ReadInChunks(const std::string& path, const std::function<Status(std::span<const uint8_t>)>& feed);
// Writes to `path` through a temporary file beside it, so that a failure leaves no incomplete file.
Status WriteFile(const std::string& path,
                 const std::function<Status(const std::function<Status(std::span<const uint8_t>)>& write)>& produce);

// Loads an .onnx or .onedge file. External data of an .onnx file must be in its folder.
Result<std::shared_ptr<const api::Model>> LoadModel(const std::string& path,
                                                    api::LoadOptions options = {.digest = false});
// The same for an .onnx file in memory.
Result<std::shared_ptr<const api::Model>> LoadModel(std::span<const uint8_t> onnx);

// NumPy's .npy, versions 1 to 3, C order, little-endian, of bool, ints and floats.
// Format: https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
Result<Tensor> ReadNpy(const std::string& path);

}  // namespace onedge::cli

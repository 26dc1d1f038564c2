// ExternalizeWeights: moves a model's initializers out of the file, for packing. It works on the wire format, so
// everything else stays byte for byte, fields of later ONNX versions included.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/buffer.h"
#include "tensor/tensor.h"

namespace onedge::onnx {

struct ExternalizedModel {
  // A run of the weights file: `elements` at `offset`, a multiple of 64 bytes. The bytes between runs are zero.
  struct Weight {
    std::string name;
    uint64_t offset = 0;
    Tensor elements;
  };
  std::string model;            // the rewritten .onnx file
  std::vector<Weight> weights;  // by offset
  uint64_t weights_bytes = 0;   // length of the weights file
};

// Initializers of the main graph with at least `min_bytes` of elements move to a file, which the model then calls
// `location`; strings and smaller ones stay. Fails on a broken model and on one that already has external data.
Result<ExternalizedModel> ExternalizeWeights(std::span<const uint8_t> model, std::string_view location = "weights.bin",
                                             size_t min_bytes = 64);

}  // namespace onedge::onnx

// ExternalizeWeights: moves a model's initializers out of the file, for packing. Works on the wire format, so that
// everything else, fields of later ONNX versions included, stays byte for byte as it is.
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
  // A run of the weights file: `elements` at `offset`, a multiple of 64 bytes. What lies between runs is zero.
  struct Weight {
    std::string name;
    uint64_t offset = 0;
    Tensor elements;
  };
  std::string model;            // the rewritten .onnx file
  std::vector<Weight> weights;  // by offset
  uint64_t weights_bytes = 0;   // length of the weights file
};

// Initializers of the main graph with at least `min_bytes` of elements go to the file that the model then calls
// `location`; strings and smaller ones stay. Fails on a model that is broken or has external data already.
Result<ExternalizedModel> ExternalizeWeights(std::span<const uint8_t> model, std::string_view location = "weights.bin",
                                             size_t min_bytes = 64);

}  // namespace onedge::onnx

// Converts sparse tensors (SparseTensorProto) to dense ones; the rest of onedge has only dense tensors.
// Stateless.
#pragma once

#include <cstdint>
#include <span>

#include "onnx/tensor_decoder.h"

namespace onedge::onnx {

// A SparseTensorProto as a dense tensor with the name of its values. Fails if it would take more than `max_bytes`.
Result<TensorEntry> DecodeSparseTensor(std::span<const uint8_t> bytes, MemoryBudget* budget, uint64_t max_bytes);

}  // namespace onedge::onnx

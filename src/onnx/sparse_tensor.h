// Sparse tensors (SparseTensorProto) as dense ones, which is all that the rest of onedge knows. No
// state.
#pragma once

#include <cstdint>
#include <span>

#include "onnx/tensor_decoder.h"

namespace onedge::onnx {

// A SparseTensorProto as a dense tensor, named after its values. Fails where it would take more
// than `max_bytes`.
Result<TensorEntry> DecodeSparseTensor(std::span<const uint8_t> bytes, MemoryBudget* budget, uint64_t max_bytes);

}  // namespace onedge::onnx

// Dynamic int8 quantization of an ONNX file, in the pattern of ONNX Runtime's quantize_dynamic. The optimizer fuses
// this pattern.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace onedge::onnx {

// MatMul with a constant weight  ->  DynamicQuantizeLinear, MatMulInteger (u8 x s8), Cast, Mul by both scales.
// Gather from a constant table   ->  Gather from an s8 table, DequantizeLinear; tables of at least 4,096 elements.
// Weights are symmetric (zero point 0, values -127..127), with one scale for each column of a matrix and one for a
// table. Activations get one scale for each tensor at run time, so no calibration data is needed. All else stays
// float32. `model`: a file of at most 2 GB with its weights inside (InlineExternalData). kUnsupported if nothing can be
// quantized, below opset 11 (which lacks DynamicQuantizeLinear), and for models with subgraphs.
Result<std::vector<uint8_t>> QuantizeDynamic(std::span<const uint8_t> model);

}  // namespace onedge::onnx

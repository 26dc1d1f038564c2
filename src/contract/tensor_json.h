// Tensors of the Open Inference Protocol v2: the names of its datatypes, and tensors as JSON and as binary data.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "tensor/tensor.h"
#include "text/json.h"

namespace onedge::contract {

std::optional<DType> DTypeOfDatatype(std::string_view datatype);
// The protocol's name of a type, or ONNX's name in capitals if the protocol has none.
std::string DatatypeOf(DType dtype);
// "BOOL, UINT8, ..."
std::string Datatypes();

// `data`: an array of the elements, flat or nested, row-major. Errors say "expected integers for INT64".
Result<Tensor> TensorFromJson(DType dtype, const Shape& shape, JsonValue data, MemoryBudget* budget);
// Little-endian elements. Each element of BYTES follows its length, in 4 bytes.
Result<Tensor> TensorFromBinary(DType dtype, const Shape& shape, std::span<const uint8_t> bytes, MemoryBudget* budget);

// A flat array; null for NaN and infinities. kUnsupported: a packed type (int4).
Status TensorToJson(const Tensor& tensor, JsonWriter& json);
// Appends the elements; returns the number of bytes.
size_t AppendBinary(const Tensor& tensor, std::string& out);

}  // namespace onedge::contract

// Converts values to and from ONNX's TensorProto, SequenceProto, MapProto and OptionalProto (onnx.proto,
// onnx-data.proto): the input_*.pb and output_*.pb files of test data sets. Stateless.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "graph/type_info.h"
#include "tensor/value.h"

namespace onedge::onnx {

Result<Tensor> ParseTensorProto(std::span<const uint8_t> bytes, MemoryBudget* budget = nullptr);
Result<Value> ParseSequenceProto(std::span<const uint8_t> bytes, MemoryBudget* budget = nullptr);
// A Map's values are the elements of its SequenceProto; tensors give one for each key.
Result<Value> ParseMapProto(std::span<const uint8_t> bytes, MemoryBudget* budget = nullptr);
// None if the optional is empty.
Result<Value> ParseOptionalProto(std::span<const uint8_t> bytes, MemoryBudget* budget = nullptr);
// The message that stores a graph input or output of this type; a TensorProto if the type is unknown.
Result<Value> ParseValue(std::span<const uint8_t> bytes, const graph::TypeInfo& type, MemoryBudget* budget = nullptr);

// Elements as raw_data, strings as string_data.
std::string SerializeTensorProto(const Tensor& tensor, std::string_view name = {});
// A tensor, sequence or map as its own message; none becomes an empty OptionalProto.
std::string SerializeValue(const Value& value, std::string_view name = {});

}  // namespace onedge::onnx

// libFuzzer: any bytes as a TensorProto, SequenceProto, MapProto or OptionalProto. A value that parses must equal the
// value from its own serialized bytes.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "onnx/value_codec.h"
#include "text/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onedge;
  MemoryBudget budget(64 << 20);
  const std::span<const uint8_t> bytes(data, size);
  (void)onnx::ParseSequenceProto(bytes, &budget).ok();
  (void)onnx::ParseMapProto(bytes, &budget).ok();
  (void)onnx::ParseOptionalProto(bytes, &budget).ok();
  const auto tensor = onnx::ParseTensorProto(bytes, &budget);
  if (!tensor.ok()) return 0;
  const auto again = onnx::ParseTensorProto(AsBytes(onnx::SerializeTensorProto(*tensor)), &budget);
  if (!again.ok() || again->byte_size() != tensor->byte_size()) std::abort();
  return 0;
}

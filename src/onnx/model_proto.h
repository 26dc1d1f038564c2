// ONNX files as protobuf messages, for code that rewrites a model. It holds the model in memory several times; loading
// does not use it (loader.h).
#pragma once

#include <onnx.pb.h>

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"

namespace onedge::onnx {

inline Result<::onnx::ModelProto> ParseModelProto(std::span<const uint8_t> file) {
  ::onnx::ModelProto model;
  if (file.size() > INT32_MAX || !model.ParseFromArray(file.data(), static_cast<int>(file.size()))) {
    return CorruptFile("this is not an ONNX model of at most 2 GB");
  }
  return model;
}

inline Result<std::vector<uint8_t>> SerializeModelProto(const ::onnx::ModelProto& model) {
  const size_t size = model.ByteSizeLong();
  if (size > INT32_MAX) return ResourceExhausted("the model has ", size, " bytes; protobuf writes at most 2 GB");
  std::vector<uint8_t> file(size);
  model.SerializeToArray(file.data(), static_cast<int>(size));
  return file;
}

}  // namespace onedge::onnx

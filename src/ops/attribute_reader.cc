#include "ops/attribute_reader.h"

namespace onedge::ops {

template <typename T>
const T* AttributeReader::Find(std::string_view name, std::string_view type_name) {
  for (size_t i = 0; i < node_.attributes.size(); ++i) {
    if (node_.attributes[i].name != name) continue;
    read_[i] = true;
    const T* value = std::get_if<T>(&node_.attributes[i].value);
    if (!value) Fail(CorruptFile("attribute '", name, "': expected ", type_name, ", got another type"));
    return value;
  }
  return nullptr;
}

template <typename T>
T AttributeReader::Require(std::string_view name, std::string_view type_name) {
  if (!Has(name)) Fail(CorruptFile("attribute '", name, "' is required, but missing"));
  const T* value = Find<T>(name, type_name);
  return value ? *value : T();
}

int64_t AttributeReader::Int(std::string_view name, int64_t fallback) {
  const auto* value = Find<int64_t>(name, "an int");
  return value ? *value : fallback;
}

float AttributeReader::Float(std::string_view name, float fallback) {
  const auto* value = Find<float>(name, "a float");
  return value ? *value : fallback;
}

std::string AttributeReader::String(std::string_view name, std::string_view fallback) {
  const auto* value = Find<std::string>(name, "a string");
  return value ? *value : std::string(fallback);
}

std::vector<int64_t> AttributeReader::Ints(std::string_view name, std::vector<int64_t> fallback) {
  const auto* value = Find<std::vector<int64_t>>(name, "ints");
  return value ? *value : std::move(fallback);
}

std::vector<float> AttributeReader::Floats(std::string_view name, std::vector<float> fallback) {
  const auto* value = Find<std::vector<float>>(name, "floats");
  return value ? *value : std::move(fallback);
}

std::vector<std::string> AttributeReader::Strings(std::string_view name, std::vector<std::string> fallback) {
  const auto* value = Find<std::vector<std::string>>(name, "strings");
  return value ? *value : std::move(fallback);
}

DType AttributeReader::Type(std::string_view name, DType fallback) {
  const auto* value = Find<int64_t>(name, "a data type");
  if (!value) return fallback;
  const auto dtype = *value > 0 && *value < 256 ? DTypeFromOnnx(static_cast<int32_t>(*value)) : std::nullopt;
  if (!dtype) Fail(CorruptFile("attribute '", name, "': ", *value, " is not an ONNX data type"));
  return dtype.value_or(fallback);
}

Tensor AttributeReader::TensorValue(std::string_view name) {
  const auto* value = Find<Tensor>(name, "a tensor");
  return value ? *value : Tensor();
}

std::shared_ptr<const graph::Graph> AttributeReader::Subgraph(std::string_view name) {
  const auto* value = Find<std::shared_ptr<graph::Graph>>(name, "a graph");
  return value ? *value : nullptr;
}

graph::TypeInfo AttributeReader::TypeInfoValue(std::string_view name) {
  const auto* value = Find<graph::TypeInfo>(name, "a type");
  return value ? *value : graph::TypeInfo();
}

int64_t AttributeReader::RequiredInt(std::string_view name) { return Require<int64_t>(name, "an int"); }
float AttributeReader::RequiredFloat(std::string_view name) { return Require<float>(name, "a float"); }
std::string AttributeReader::RequiredString(std::string_view name) { return Require<std::string>(name, "a string"); }
std::vector<int64_t> AttributeReader::RequiredInts(std::string_view name) {
  return Require<std::vector<int64_t>>(name, "ints");
}
Tensor AttributeReader::RequiredTensor(std::string_view name) { return Require<Tensor>(name, "a tensor"); }
std::shared_ptr<const graph::Graph> AttributeReader::RequiredSubgraph(std::string_view name) {
  return Require<std::shared_ptr<graph::Graph>>(name, "a graph");
}

void AttributeReader::Ignore(std::string_view name) {
  for (size_t i = 0; i < node_.attributes.size(); ++i) {
    if (node_.attributes[i].name == name) read_[i] = true;
  }
}

void AttributeReader::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void AttributeReader::FailValue(std::string_view name, std::string_view expected, std::string_view got) {
  Fail(Unsupported("attribute '", name, "': expected ", expected, ", got '", got, "'"));
}

Status AttributeReader::Finish() const {
  if (!status_.ok()) return status_;
  for (size_t i = 0; i < read_.size(); ++i) {
    if (!read_[i]) {
      return Unsupported("attribute '", node_.attributes[i].name, "' is not known to this operator in opset ", opset());
    }
  }
  return OkStatus();
}

}  // namespace onedge::ops

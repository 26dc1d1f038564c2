#include "ops/attribute_reader.h"

namespace onedge::ops {

bool AttributeReader::Has(const char* name) const { return node_.FindAttribute(name) != nullptr; }

template <typename T>
const T* AttributeReader::Find(const char* name, const char* type_name) {
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
T AttributeReader::Require(const char* name, const char* type_name) {
  if (!Has(name)) Fail(CorruptFile("attribute '", name, "' is required, but missing"));
  const T* value = Find<T>(name, type_name);
  return value ? *value : T();
}

int64_t AttributeReader::Int(const char* name, int64_t fallback) {
  const auto* value = Find<int64_t>(name, "an int");
  return value ? *value : fallback;
}

float AttributeReader::Float(const char* name, float fallback) {
  const auto* value = Find<float>(name, "a float");
  return value ? *value : fallback;
}

std::string AttributeReader::String(const char* name, const char* fallback) {
  const auto* value = Find<std::string>(name, "a string");
  return value ? *value : std::string(fallback);
}

std::vector<int64_t> AttributeReader::Ints(const char* name) {
  const auto* value = Find<std::vector<int64_t>>(name, "ints");
  return value ? *value : std::vector<int64_t>();
}

std::vector<float> AttributeReader::Floats(const char* name) {
  const auto* value = Find<std::vector<float>>(name, "floats");
  return value ? *value : std::vector<float>();
}

std::vector<std::string> AttributeReader::Strings(const char* name) {
  const auto* value = Find<std::vector<std::string>>(name, "strings");
  return value ? *value : std::vector<std::string>();
}

DType AttributeReader::Type(const char* name, DType fallback) {
  const auto* value = Find<int64_t>(name, "a data type");
  if (!value) return fallback;
  const auto dtype = *value > 0 && *value < 256 ? DTypeFromOnnx(static_cast<int32_t>(*value)) : std::nullopt;
  if (!dtype) Fail(CorruptFile("attribute '", name, "': ", *value, " is not an ONNX data type"));
  return dtype.value_or(fallback);
}

Tensor AttributeReader::TensorValue(const char* name) {
  const auto* value = Find<Tensor>(name, "a tensor");
  return value ? *value : Tensor();
}

std::shared_ptr<const graph::Graph> AttributeReader::Subgraph(const char* name) {
  const auto* value = Find<std::shared_ptr<graph::Graph>>(name, "a graph");
  return value ? *value : nullptr;
}

graph::TypeInfo AttributeReader::TypeInfoValue(const char* name) {
  const auto* value = Find<graph::TypeInfo>(name, "a type");
  return value ? *value : graph::TypeInfo();
}

int64_t AttributeReader::RequiredInt(const char* name) { return Require<int64_t>(name, "an int"); }
float AttributeReader::RequiredFloat(const char* name) { return Require<float>(name, "a float"); }
std::string AttributeReader::RequiredString(const char* name) { return Require<std::string>(name, "a string"); }
std::vector<int64_t> AttributeReader::RequiredInts(const char* name) {
  return Require<std::vector<int64_t>>(name, "ints");
}
std::shared_ptr<const graph::Graph> AttributeReader::RequiredSubgraph(const char* name) {
  return Require<std::shared_ptr<graph::Graph>>(name, "a graph");
}

void AttributeReader::Ignore(const char* name) {
  for (size_t i = 0; i < node_.attributes.size(); ++i) {
    if (node_.attributes[i].name == name) read_[i] = true;
  }
}

void AttributeReader::Fail(Status status) {
  if (status_.ok()) status_ = std::move(status);
}

void AttributeReader::FailValue(const char* name, const char* expected, std::string_view got) {
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

// AttributeReader: hands a node's attributes to its operator, and notices those that nobody read.
// Errors stick: a Parse function reads everything, then its caller asks Finish(). Not thread-safe; lives for one Parse.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace onedge::ops {

class AttributeReader {
 public:
  explicit AttributeReader(const graph::Node& node) : node_(node), read_(node.attributes.size()) {}

  // The model's opset version for the node's domain.
  int64_t opset() const { return node_.opset; }
  const graph::Node& node() const { return node_; }
  size_t input_count() const { return node_.inputs.size(); }
  size_t output_count() const { return node_.outputs.size(); }

  bool Has(std::string_view name) const { return node_.FindAttribute(name) != nullptr; }

  // The attribute, or the default where the node has none. A wrong type is an error.
  int64_t Int(std::string_view name, int64_t fallback);
  float Float(std::string_view name, float fallback);
  std::string String(std::string_view name, std::string_view fallback);
  std::vector<int64_t> Ints(std::string_view name, std::vector<int64_t> fallback = {});
  std::vector<float> Floats(std::string_view name, std::vector<float> fallback = {});
  std::vector<std::string> Strings(std::string_view name, std::vector<std::string> fallback = {});
  // An int attribute that holds a TensorProto.DataType. kUndefined where the node has none.
  DType Type(std::string_view name, DType fallback = DType::kUndefined);
  // Undefined Tensor / null / empty where the node has none.
  Tensor TensorValue(std::string_view name);
  std::shared_ptr<const graph::Graph> Subgraph(std::string_view name);
  graph::TypeInfo TypeInfoValue(std::string_view name);

  // As above; a missing attribute is an error.
  int64_t RequiredInt(std::string_view name);
  float RequiredFloat(std::string_view name);
  std::string RequiredString(std::string_view name);
  std::vector<int64_t> RequiredInts(std::string_view name);
  Tensor RequiredTensor(std::string_view name);
  std::shared_ptr<const graph::Graph> RequiredSubgraph(std::string_view name);

  // Declares an attribute as read although it has no effect here ("training_mode" of a dropout that is off, ...).
  void Ignore(std::string_view name);

  // Records an error, such as an unsupported value; the first one stays.
  void Fail(Status status);
  // "attribute 'mode': expected one of a, b; got 'c'"
  void FailValue(std::string_view name, std::string_view expected, std::string_view got);

  // The first error, or one that names an attribute that was not read.
  Status Finish() const;

 private:
  template <typename T>
  const T* Find(std::string_view name, std::string_view type_name);
  template <typename T>
  T Require(std::string_view name, std::string_view type_name);

  const graph::Node& node_;
  std::vector<bool> read_;  // by attribute index
  Status status_;
};

}  // namespace onedge::ops

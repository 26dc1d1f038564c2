// AttributeReader: gives a node's attributes to its operator and detects those that the operator does not read. Names
// are C strings, because they take the least code to pass. Errors stick: a Parse function reads everything, then its
// caller calls Finish(). Not thread-safe; lives for one Parse.
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

  bool Has(const char* name) const;

  // The attribute, or `fallback` if it is absent. A wrong type is an error.
  int64_t Int(const char* name, int64_t fallback);
  float Float(const char* name, float fallback);
  std::string String(const char* name, const char* fallback);
  std::vector<int64_t> Ints(const char* name);         // empty if absent
  std::vector<float> Floats(const char* name);         // empty if absent
  std::vector<std::string> Strings(const char* name);  // empty if absent
  // An int attribute that holds a TensorProto.DataType. kUndefined if absent.
  DType Type(const char* name, DType fallback = DType::kUndefined);
  // An undefined Tensor, null or an empty list if absent.
  Tensor TensorValue(const char* name);
  std::shared_ptr<const graph::Graph> Subgraph(const char* name);
  graph::TypeInfo TypeInfoValue(const char* name);

  // As above; a missing attribute is an error.
  int64_t RequiredInt(const char* name);
  float RequiredFloat(const char* name);
  std::string RequiredString(const char* name);
  std::vector<int64_t> RequiredInts(const char* name);
  std::shared_ptr<const graph::Graph> RequiredSubgraph(const char* name);

  // Marks an attribute as read although it has no effect here ("training_mode" of a dropout that is off, ...).
  void Ignore(const char* name);

  // Records an error, such as an unsupported value; the first one stays.
  void Fail(Status status);
  // "attribute 'mode': expected one of a, b; got 'c'"
  void FailValue(const char* name, const char* expected, std::string_view got);

  // The first error, or an error that names an unread attribute.
  Status Finish() const;

 private:
  template <typename T>
  const T* Find(const char* name, const char* type_name);
  template <typename T>
  T Require(const char* name, const char* type_name);

  const graph::Node& node_;
  std::vector<bool> read_;  // by attribute index
  Status status_;
};

}  // namespace onedge::ops

// AttributeReader: hands a node's attributes to its operator, and notices those that nobody read.
// Names are C strings, which take the least code to pass. Errors stick: a Parse function reads everything, then its
// caller asks Finish(). Not thread-safe; lives for one Parse.
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

  // The attribute, or the default where the node has none. A wrong type is an error.
  int64_t Int(const char* name, int64_t fallback);
  float Float(const char* name, float fallback);
  std::string String(const char* name, const char* fallback);
  std::vector<int64_t> Ints(const char* name);         // empty where the node has none
  std::vector<float> Floats(const char* name);         // empty where the node has none
  std::vector<std::string> Strings(const char* name);  // empty where the node has none
  // An int attribute that holds a TensorProto.DataType. kUndefined where the node has none.
  DType Type(const char* name, DType fallback = DType::kUndefined);
  // Undefined Tensor / null / empty where the node has none.
  Tensor TensorValue(const char* name);
  std::shared_ptr<const graph::Graph> Subgraph(const char* name);
  graph::TypeInfo TypeInfoValue(const char* name);

  // As above; a missing attribute is an error.
  int64_t RequiredInt(const char* name);
  float RequiredFloat(const char* name);
  std::string RequiredString(const char* name);
  std::vector<int64_t> RequiredInts(const char* name);
  Tensor RequiredTensor(const char* name);
  std::shared_ptr<const graph::Graph> RequiredSubgraph(const char* name);

  // Declares an attribute as read although it has no effect here ("training_mode" of a dropout that is off, ...).
  void Ignore(const char* name);

  // Records an error, such as an unsupported value; the first one stays.
  void Fail(Status status);
  // "attribute 'mode': expected one of a, b; got 'c'"
  void FailValue(const char* name, const char* expected, std::string_view got);

  // The first error, or one that names an attribute that was not read.
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

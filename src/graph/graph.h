// Graph: a model's nodes and values, independent of protobuf. Values are numbered; a node refers to its inputs and
// outputs by number. Subgraphs (the bodies of If, Loop, Scan) are separate Graphs that list the values they read from
// the surrounding graph. Plain data: onnx::Loader builds it, the optimizer rewrites it, and afterwards it is read-only.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "graph/type_info.h"
#include "tensor/tensor.h"

namespace onedge::ops {
class Op;
}

namespace onedge::graph {

struct Graph;

// Index into Graph::values.
using ValueId = int32_t;
// An optional input or output that the node omits.
inline constexpr ValueId kNoValue = -1;

struct ValueInfo {
  std::string name;  // unique within its graph; may be empty for values that the optimizer made
  TypeInfo type;
};

using AttributeValue = std::variant<int64_t, float, std::string, Tensor, std::shared_ptr<Graph>, TypeInfo,
                                    std::vector<int64_t>, std::vector<float>, std::vector<std::string>,
                                    std::vector<Tensor>, std::vector<std::shared_ptr<Graph>>, std::vector<TypeInfo>>;

struct Attribute {
  std::string name;
  AttributeValue value;
};

struct Node {
  std::string name;    // as in the file, or made up ("MatMul_12") if the file has none
  std::string domain;  // "" is ai.onnx
  std::string op_type;
  int64_t opset = 0;  // the version of `domain` that the model imports
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  std::vector<Attribute> attributes;
  std::shared_ptr<const ops::Op> op;  // set by ops::ResolveOps: the parsed attributes

  const Attribute* FindAttribute(std::string_view attribute_name) const;
  // Every graph among the attributes.
  std::vector<const Graph*> Subgraphs() const;
};

// A value of the surrounding graph that a subgraph reads.
struct Capture {
  ValueId outer;
  ValueId inner;
};

struct Graph {
  std::string name;
  std::shared_ptr<SymbolTable> symbols = std::make_shared<SymbolTable>();
  std::vector<ValueInfo> values;
  std::vector<Node> nodes;      // in an executable order, once SortTopologically has succeeded
  std::vector<ValueId> inputs;  // without those that are constants
  std::vector<ValueId> outputs;
  std::map<ValueId, Tensor> constants;  // initializers and results of constant folding
  std::vector<Capture> captures;        // of a subgraph

  ValueId AddValue(std::string value_name, TypeInfo type = {});
  const Tensor* FindConstant(ValueId id) const;
  // "value 'x'" or "value #12", for messages.
  std::string Describe(ValueId id) const;
};

// The readers of each value: node indices in order, one entry for each input that reads the value (captures of
// subgraphs included). Graph outputs are not nodes: see `is_output`.
struct Consumers {
  explicit Consumers(const Graph& graph);
  std::vector<std::vector<size_t>> nodes;  // by ValueId
  std::vector<bool> is_output;             // by ValueId
};

// The ids that a node reads: its inputs and the captures of its subgraphs, without kNoValue.
std::vector<ValueId> ReadsOf(const Node& node);

// Orders the nodes so that each follows the nodes it reads from, in subgraphs too. Keeps the given order where
// possible. A cycle, a value written twice and an undefined input are errors that name the node.
Status SortTopologically(Graph& graph);

// Removes nodes and constants that nothing reads. The nodes may be in any order.
void RemoveDead(Graph& graph);

}  // namespace onedge::graph

// GraphBuilder: small graphs for tests, built in code instead of read from ONNX files.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "graph/graph.h"

namespace onedge::testing {

class GraphBuilder {
 public:
  explicit GraphBuilder(int64_t opset = 17) : opset_(opset) {}

  // Dimensions: a number, or a name for a symbolic one.
  struct TestDim {
    TestDim(int value) : value(value) {}                  // NOLINT: implicit on purpose
    TestDim(const char* name) : value(-1), name(name) {}  // NOLINT: implicit on purpose
    int64_t value;
    std::string name;
  };

  graph::ValueId Input(std::string name, DType dtype, std::vector<TestDim> dims) {
    graph::Dims out;
    for (const TestDim& dim : dims) {
      out.push_back(dim.value >= 0 ? graph::Dim::Known(dim.value)
                                   : graph::Dim::Symbol(graph_.symbols->Intern(dim.name)));
    }
    graph_.inputs.push_back(graph_.AddValue(std::move(name), graph::TypeInfo::Tensor(dtype, std::move(out))));
    return graph_.inputs.back();
  }

  graph::ValueId Constant(Tensor tensor) {
    const graph::ValueId id = graph_.AddValue(StrCat("constant_", graph_.values.size()),
                                              graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape()));
    graph_.constants[id] = std::move(tensor);
    return id;
  }
  graph::ValueId Floats(const Shape& shape, std::vector<float> values) {
    return Constant(Tensor::FromValues<float>(shape, values).value());
  }
  graph::ValueId Ints(const Shape& shape, std::vector<int64_t> values) {
    return Constant(Tensor::FromValues<int64_t>(shape, values).value());
  }

  std::vector<graph::ValueId> Nodes(std::string op_type, std::vector<graph::ValueId> inputs, size_t output_count,
                                    std::vector<graph::Attribute> attributes = {}, std::string domain = "") {
    graph::Node node;
    node.name = StrCat(op_type, "_", graph_.nodes.size());
    node.op_type = std::move(op_type);
    node.opset = domain.empty() ? opset_ : 1;
    node.domain = std::move(domain);
    node.inputs = std::move(inputs);
    node.attributes = std::move(attributes);
    for (size_t i = 0; i < output_count; ++i) node.outputs.push_back(graph_.AddValue(StrCat(node.name, "_out", i)));
    graph_.nodes.push_back(std::move(node));
    return graph_.nodes.back().outputs;
  }
  graph::ValueId Node(std::string op_type, std::vector<graph::ValueId> inputs,
                      std::vector<graph::Attribute> attributes = {}, std::string domain = "") {
    return Nodes(std::move(op_type), std::move(inputs), 1, std::move(attributes), std::move(domain))[0];
  }

  // For subgraphs: reads `outer` from the surrounding graph.
  graph::ValueId Capture(graph::ValueId outer) {
    const graph::ValueId inner = graph_.AddValue(StrCat("captured_", outer));
    graph_.captures.push_back({outer, inner});
    return inner;
  }

  // Declares the type of a value, as a file would.
  graph::ValueId Declare(graph::ValueId id, graph::TypeInfo type) {
    graph_.values[static_cast<size_t>(id)].type = std::move(type);
    return id;
  }

  void Output(graph::ValueId id, std::string name = "") {
    if (!name.empty()) graph_.values[static_cast<size_t>(id)].name = std::move(name);
    graph_.outputs.push_back(id);
  }

  graph::Graph Build() { return std::move(graph_); }
  std::shared_ptr<graph::Graph> BuildSubgraph() { return std::make_shared<graph::Graph>(std::move(graph_)); }

 private:
  int64_t opset_;
  graph::Graph graph_;
};

}  // namespace onedge::testing

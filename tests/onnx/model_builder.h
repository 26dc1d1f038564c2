// Models for the loader's tests, made and serialized with protobuf, an independent encoder.
#pragma once

#include <cstring>
#include <string>
#include <vector>

#include "onnx.pb.h"
#include "onnx/loader.h"
#include "text/wire.h"

namespace onedge::onnx {

inline std::string Serialize(const ::google::protobuf::MessageLite& message) { return message.SerializeAsString(); }

inline ::onnx::ModelProto EmptyModel(int64_t opset = 17) {
  ::onnx::ModelProto model;
  model.set_ir_version(8);
  model.set_producer_name("onedge tests");
  model.add_opset_import()->set_version(opset);
  model.mutable_graph()->set_name("main");
  return model;
}

inline ::onnx::ValueInfoProto* SetTensorType(::onnx::ValueInfoProto* info, const std::string& name, int type = 1,
                                             const std::vector<std::string>& dims = {}) {
  info->set_name(name);
  auto* tensor = info->mutable_type()->mutable_tensor_type();
  tensor->set_elem_type(type);
  for (const std::string& dim : dims) {
    auto* out = tensor->mutable_shape()->add_dim();
    if (dim.find_first_not_of("-0123456789") == std::string::npos) {
      out->set_dim_value(std::stoll(dim));
    } else {
      out->set_dim_param(dim);
    }
  }
  return info;
}

inline ::onnx::NodeProto* AddNode(google::protobuf::RepeatedPtrField<::onnx::NodeProto>* nodes, const std::string& op,
                                  const std::vector<std::string>& inputs, const std::vector<std::string>& outputs,
                                  const std::string& name = {}, const std::string& domain = {}) {
  ::onnx::NodeProto* node = nodes->Add();
  node->set_op_type(op);
  if (!name.empty()) node->set_name(name);
  if (!domain.empty()) node->set_domain(domain);
  for (const std::string& input : inputs) node->add_input(input);
  for (const std::string& output : outputs) node->add_output(output);
  return node;
}

inline ::onnx::AttributeProto* AddAttribute(::onnx::NodeProto* node, const std::string& name,
                                            ::onnx::AttributeProto::AttributeType type) {
  ::onnx::AttributeProto* attribute = node->add_attribute();
  attribute->set_name(name);
  attribute->set_type(type);
  return attribute;
}

template <typename T>
void SetRaw(::onnx::TensorProto* tensor, const std::string& name, int type, const std::vector<int64_t>& dims,
            const std::vector<T>& values) {
  tensor->set_name(name);
  tensor->set_data_type(type);
  for (int64_t dim : dims) tensor->add_dims(dim);
  tensor->set_raw_data(values.data(), values.size() * sizeof(T));
}

// x [batch, 3] -> MatMul w -> Add b -> Relu -> y, with a loop body, a string initializer and a function call: some of
// every kind of content.
inline ::onnx::ModelProto ExampleModel() {
  ::onnx::ModelProto model = EmptyModel();
  ::onnx::GraphProto* graph = model.mutable_graph();
  SetTensorType(graph->add_input(), "x", 1, {"batch", "3"});
  SetTensorType(graph->add_output(), "y", 1, {"batch", "2"});
  SetTensorType(graph->add_value_info(), "product", 1, {"batch", "2"});
  SetRaw<float>(graph->add_initializer(), "w", 1, {3, 2}, {1, 2, 3, 4, 5, 6});
  ::onnx::TensorProto* bias = graph->add_initializer();
  bias->set_name("b");
  bias->set_data_type(1);
  bias->add_dims(2);
  bias->add_float_data(0.5f);
  bias->add_float_data(-0.5f);
  ::onnx::TensorProto* words = graph->add_initializer();
  words->set_name("words");
  words->set_data_type(8);
  words->add_dims(2);
  words->add_string_data("one");
  words->add_string_data("two");
  AddNode(graph->mutable_node(), "MatMul", {"x", "w"}, {"product"});
  AddNode(graph->mutable_node(), "Twice", {"product"}, {"doubled"}, "call", "local");
  ::onnx::NodeProto* constant = AddNode(graph->mutable_node(), "Constant", {}, {"flag"});
  AddAttribute(constant, "value_int", ::onnx::AttributeProto::INT)->set_i(1);
  ::onnx::NodeProto* branch = AddNode(graph->mutable_node(), "If", {"flag"}, {"chosen"}, "branch");
  for (const char* side : {"then_branch", "else_branch"}) {
    ::onnx::GraphProto* body = AddAttribute(branch, side, ::onnx::AttributeProto::GRAPH)->mutable_g();
    body->set_name(side);
    AddNode(body->mutable_node(), side[0] == 't' ? "Neg" : "Abs", {"doubled"}, {"inner"});
    SetTensorType(body->add_output(), "inner");
  }
  AddNode(graph->mutable_node(), "Add", {"chosen", "b"}, {"sum"});
  AddNode(graph->mutable_node(), "Relu", {"sum"}, {"y"}, "last");
  model.add_opset_import()->set_domain("local");
  model.mutable_opset_import(1)->set_version(1);
  ::onnx::FunctionProto* twice = model.add_functions();
  twice->set_name("Twice");
  twice->set_domain("local");
  twice->add_input("a");
  twice->add_output("c");
  twice->add_opset_import()->set_version(17);
  AddNode(twice->mutable_node(), "Add", {"a", "a"}, {"c"});
  return model;
}

// Feeds in pieces of `piece` bytes and finishes.
inline Result<Model> LoadInPieces(std::string_view bytes, size_t piece, LoaderOptions options = {}) {
  Loader loader = Loader::Create(options);
  for (size_t i = 0; i < bytes.size(); i += piece) ONEDGE_RETURN_IF_ERROR(loader.Feed(AsBytes(bytes.substr(i, piece))));
  return loader.Finish();
}

inline Result<Model> LoadModel(const ::onnx::ModelProto& model) { return Load(AsBytes(Serialize(model))); }
inline std::string LoadError(const ::onnx::ModelProto& model) { return LoadModel(model).status().ToString(); }

inline const graph::Node* FindNode(const graph::Graph& graph, std::string_view name) {
  for (const graph::Node& node : graph.nodes) {
    if (node.name == name) return &node;
  }
  return nullptr;
}

inline graph::ValueId FindValue(const graph::Graph& graph, std::string_view name) {
  for (size_t i = 0; i < graph.values.size(); ++i) {
    if (graph.values[i].name == name) return static_cast<graph::ValueId>(i);
  }
  return graph::kNoValue;
}

inline const Tensor* FindConstant(const graph::Graph& graph, std::string_view name) {
  return graph.FindConstant(FindValue(graph, name));
}

// Everything in a graph as text, to compare two graphs.
inline std::string Dump(const graph::Graph& graph) {
  std::string out = StrCat("graph ", graph.name, "\n");
  const auto ids = [&](const std::vector<graph::ValueId>& list) {
    std::string text;
    for (graph::ValueId id : list) text += StrCat(" ", graph.Describe(id));
    return text;
  };
  for (const graph::ValueInfo& value : graph.values)
    out += StrCat(value.name, ": ", value.type.ToString(*graph.symbols), "\n");
  out += StrCat("in", ids(graph.inputs), "\nout", ids(graph.outputs), "\n");
  for (const graph::Capture& capture : graph.captures)
    out += StrCat("capture ", capture.outer, " ", capture.inner, "\n");
  for (const auto& [id, tensor] : graph.constants) {
    out += StrCat(graph.Describe(id), " ", tensor, " ");
    if (tensor.dtype() == DType::kString) {
      for (const std::string& text : tensor.strings()) out += StrCat("'", text, "'");
    } else {
      out.append(AsText({tensor.bytes(), tensor.byte_size()}));
    }
    out += "\n";
  }
  for (const graph::Node& node : graph.nodes) {
    out += StrCat(node.name, " ", node.domain, "::", node.op_type, " ", node.opset, ids(node.inputs), " ->",
                  ids(node.outputs), "\n");
    for (const graph::Attribute& attribute : node.attributes)
      out += StrCat("  ", attribute.name, " ", attribute.value.index(), "\n");
    for (const graph::Graph* subgraph : node.Subgraphs()) out += Dump(*subgraph);
  }
  return out;
}

}  // namespace onedge::onnx

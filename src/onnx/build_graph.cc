#include "onnx/build_graph.h"

#include <map>

namespace onedge::onnx {
namespace {

using graph::Graph;
using graph::kNoValue;
using graph::ValueId;

class Builder {
 public:
  // `outer`: the builder of the surrounding graph; null for the main graph.
  Builder(Graph* out, Builder* outer) : out_(out), outer_(outer) {}

  Status Build(GraphProto& proto) {
    out_->name = std::move(proto.name);
    ONEDGE_RETURN_IF_ERROR(DefineInputsAndConstants(proto));
    ONEDGE_RETURN_IF_ERROR(DefineNodeOutputs(proto));
    ApplyTypes(proto.value_infos);
    ApplyTypes(proto.outputs);
    for (NodeProto& node : proto.nodes) {
      if (IsConstant(node)) continue;
      ONEDGE_RETURN_IF_ERROR(AddNode(node));
    }
    for (const ValueInfoProto& output : proto.outputs) {
      const ValueId id = Find(output.name);
      if (id == kNoValue) {
        return CorruptFile("output '", output.name, "' of graph '", out_->name, "' is defined nowhere");
      }
      out_->outputs.push_back(id);
    }
    ONEDGE_RETURN_IF_ERROR(graph::SortTopologically(*out_));
    return OkStatus();
  }

 private:
  // The definition of each name, for the message about a second definition.
  Result<ValueId> Define(const std::string& name, graph::TypeInfo type, std::string_view by) {
    if (name.empty()) return CorruptFile(by, " of graph '", out_->name, "' has no name");
    const auto [entry, added] = ids_.try_emplace(name, kNoValue);
    if (!added) {
      return CorruptFile("value '", name, "' is defined twice in graph '", out_->name, "', the second time as ", by);
    }
    entry->second = out_->AddValue(name, std::move(type));
    return entry->second;
  }

  Status DefineInputsAndConstants(GraphProto& proto) {
    for (TensorEntry& initializer : proto.initializers) {
      const Tensor& tensor = initializer.elements();
      ONEDGE_ASSIGN_OR_RETURN(
          const ValueId id,
          Define(initializer.name, graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape()), "an initializer"));
      out_->constants.emplace(id, tensor);
      initializer = TensorEntry();
    }
    for (ValueInfoProto& input : proto.inputs) {
      // Before IR version 4 every initializer had to be an input as well.
      if (const auto found = ids_.find(input.name); found != ids_.end() && out_->FindConstant(found->second)) continue;
      ONEDGE_ASSIGN_OR_RETURN(const ValueId id, Define(input.name, std::move(input.type), "an input"));
      out_->inputs.push_back(id);
    }
    return OkStatus();
  }

  static bool IsConstant(const NodeProto& node) {
    if (node.op_type != "Constant" || !node.domain.empty() || node.attributes.size() != 1 || node.outputs.size() != 1 ||
        !node.inputs.empty() || node.outputs[0].empty() || !node.attributes[0].ref_attr_name.empty()) {
      return false;
    }
    const AttributeProto& value = node.attributes[0];
    switch (value.type) {
      case AttributeType::kTensor:
        return value.name == "value";
      case AttributeType::kSparseTensor:
        return value.name == "sparse_value";
      case AttributeType::kFloat:
        return value.name == "value_float";
      case AttributeType::kFloats:
        return value.name == "value_floats";
      case AttributeType::kInt:
        return value.name == "value_int";
      case AttributeType::kInts:
        return value.name == "value_ints";
      case AttributeType::kString:
        return value.name == "value_string";
      case AttributeType::kStrings:
        return value.name == "value_strings";
      default:
        return false;
    }
  }

  // REQUIRES: IsConstant(node).
  static Result<Tensor> ConstantValue(AttributeProto& value) {
    const auto vector = [](size_t size) { return Shape{static_cast<int64_t>(size)}; };
    switch (value.type) {
      case AttributeType::kFloat:
        return Tensor::FromValues<float>(Shape(), {&value.f, 1});
      case AttributeType::kFloats:
        return Tensor::FromValues<float>(vector(value.floats.size()), value.floats);
      case AttributeType::kInt:
        return Tensor::FromValues<int64_t>(Shape(), {&value.i, 1});
      case AttributeType::kInts:
        return Tensor::FromValues<int64_t>(vector(value.ints.size()), value.ints);
      case AttributeType::kString:
        return Tensor::FromStrings(Shape(), {value.s});
      case AttributeType::kStrings:
        return Tensor::FromStrings(vector(value.strings.size()), value.strings);
      default:
        ONEDGE_DCHECK(value.tensors.size() == 1);
        return value.tensors[0].elements();
    }
  }

  Status DefineNodeOutputs(GraphProto& proto) {
    for (NodeProto& node : proto.nodes) {
      const std::string by = StrCat("an output of node '", node.name, "' (", node.op_type, ")");
      if (IsConstant(node)) {
        Result<Tensor> value = ConstantValue(node.attributes[0]);
        if (!value.ok()) return std::move(value).status().WithNode(node.name, node.op_type);
        ONEDGE_ASSIGN_OR_RETURN(const ValueId id,
                                Define(node.outputs[0], graph::TypeInfo::Tensor(value->dtype(), value->shape()), by));
        out_->constants.emplace(id, std::move(*value));
        continue;
      }
      for (const std::string& output : node.outputs) {
        if (!output.empty()) ONEDGE_RETURN_IF_ERROR(Define(output, {}, by).status());
      }
    }
    return OkStatus();
  }

  void ApplyTypes(std::vector<ValueInfoProto>& infos) {
    for (ValueInfoProto& info : infos) {
      const auto found = ids_.find(info.name);
      if (found == ids_.end()) continue;
      graph::TypeInfo& type = out_->values[static_cast<size_t>(found->second)].type;
      if (type.kind == graph::TypeInfo::Kind::kUnknown) type = std::move(info.type);
    }
  }

  // The value with this name in this graph, or a capture of it from a surrounding graph.
  ValueId Find(const std::string& name) {
    if (const auto found = ids_.find(name); found != ids_.end()) return found->second;
    const ValueId outer = outer_ ? outer_->Find(name) : kNoValue;
    if (outer == kNoValue) return kNoValue;
    const ValueId inner = out_->AddValue(name, outer_->out_->values[static_cast<size_t>(outer)].type);
    out_->captures.push_back({outer, inner});
    ids_.emplace(name, inner);
    return inner;
  }

  Status AddNode(NodeProto& proto) {
    graph::Node node;
    for (const std::string& input : proto.inputs) {
      const ValueId id = input.empty() ? kNoValue : Find(input);
      if (id == kNoValue && !input.empty()) {
        return CorruptFile("input '", input, "' is neither a graph input, an initializer nor a node's output")
            .WithNode(proto.name, proto.op_type);
      }
      node.inputs.push_back(id);
    }
    for (const std::string& output : proto.outputs) {
      node.outputs.push_back(output.empty() ? kNoValue : ids_.at(output));
    }
    for (AttributeProto& attribute : proto.attributes) {
      Result<graph::Attribute> converted = Convert(attribute);
      if (!converted.ok()) return std::move(converted).status().WithNode(proto.name, proto.op_type);
      if (node.FindAttribute(converted->name)) {
        return CorruptFile("attribute '", converted->name, "' is given twice").WithNode(proto.name, proto.op_type);
      }
      node.attributes.push_back(std::move(*converted));
    }
    node.name = std::move(proto.name);
    node.domain = std::move(proto.domain);
    node.op_type = std::move(proto.op_type);
    node.opset = proto.opset;
    out_->nodes.push_back(std::move(node));
    return OkStatus();
  }

  Result<std::shared_ptr<Graph>> Subgraph(GraphProto& proto) {
    auto subgraph = std::make_shared<Graph>();
    subgraph->symbols = out_->symbols;
    ONEDGE_RETURN_IF_ERROR(Builder(subgraph.get(), this).Build(proto));
    return subgraph;
  }

  Result<graph::Attribute> Convert(AttributeProto& attribute) {
    graph::Attribute out;
    out.name = std::move(attribute.name);
    if (!attribute.ref_attr_name.empty()) {
      return CorruptFile("attribute '", out.name, "' refers to '", attribute.ref_attr_name,
                         "', but is not in a function");
    }
    switch (attribute.type) {
      case AttributeType::kFloat:
        out.value = attribute.f;
        break;
      case AttributeType::kInt:
        out.value = attribute.i;
        break;
      case AttributeType::kString:
        out.value = std::move(attribute.s);
        break;
      case AttributeType::kFloats:
        out.value = std::move(attribute.floats);
        break;
      case AttributeType::kInts:
        out.value = std::move(attribute.ints);
        break;
      case AttributeType::kStrings:
        out.value = std::move(attribute.strings);
        break;
      case AttributeType::kTensor:
      case AttributeType::kSparseTensor:
        out.value = attribute.tensors[0].elements();
        break;
      case AttributeType::kTypeProto:
        out.value = std::move(attribute.types[0]);
        break;
      case AttributeType::kTypeProtos:
        out.value = std::move(attribute.types);
        break;
      case AttributeType::kTensors:
      case AttributeType::kSparseTensors: {
        std::vector<Tensor> tensors;
        for (const TensorEntry& tensor : attribute.tensors) tensors.push_back(tensor.elements());
        out.value = std::move(tensors);
        break;
      }
      case AttributeType::kGraph: {
        ONEDGE_ASSIGN_OR_RETURN(out.value, Subgraph(attribute.graphs[0]));
        break;
      }
      case AttributeType::kGraphs: {
        std::vector<std::shared_ptr<Graph>> graphs;
        for (GraphProto& graph : attribute.graphs) {
          ONEDGE_ASSIGN_OR_RETURN(std::shared_ptr<Graph> subgraph, Subgraph(graph));
          graphs.push_back(std::move(subgraph));
        }
        out.value = std::move(graphs);
        break;
      }
      case AttributeType::kUndefined:
        return CorruptFile("attribute '", out.name, "' has no type");
    }
    return out;
  }

  Graph* out_;
  Builder* outer_;
  std::map<std::string, ValueId, std::less<>> ids_;
};

}  // namespace

Result<Graph> BuildGraph(GraphProto proto, std::shared_ptr<graph::SymbolTable> symbols) {
  Graph graph;
  graph.symbols = std::move(symbols);
  ONEDGE_RETURN_IF_ERROR(Builder(&graph, nullptr).Build(proto));
  return graph;
}

}  // namespace onedge::onnx

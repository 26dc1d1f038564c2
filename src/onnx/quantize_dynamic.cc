#include "onnx/quantize_dynamic.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "onnx/model_proto.h"

namespace onedge::onnx {
namespace {

using ::onnx::NodeProto;
using ::onnx::TensorProto;

static_assert(std::endian::native == std::endian::little, "raw_data is little-endian");
constexpr int64_t kTableElements = 4096;
constexpr int kDynamicQuantizeLinearOpset = 11;

bool IsFloatMatrix(const TensorProto& tensor) {
  return tensor.data_type() == TensorProto::FLOAT && tensor.dims_size() == 2 && tensor.dims(0) > 0 &&
         tensor.dims(1) > 0;
}

Result<std::vector<float>> Elements(const TensorProto& tensor) {
  std::vector<float> elements(tensor.float_data().begin(), tensor.float_data().end());
  if (tensor.has_raw_data()) {
    elements.resize(tensor.raw_data().size() / sizeof(float));
    std::memcpy(elements.data(), tensor.raw_data().data(), elements.size() * sizeof(float));
  }
  if (elements.size() / static_cast<size_t>(tensor.dims(1)) != static_cast<size_t>(tensor.dims(0))) {
    return CorruptFile("initializer '", tensor.name(), "': dims [", tensor.dims(0), ", ", tensor.dims(1), "] for ",
                       elements.size(), " elements");
  }
  return elements;
}

template <typename T>
void SetElements(TensorProto& tensor, int32_t data_type, const std::vector<T>& values) {
  tensor.set_data_type(data_type);
  tensor.set_raw_data(values.data(), values.size() * sizeof(T));
}

class Quantizer {
 public:
  explicit Quantizer(::onnx::GraphProto& graph) : graph_(graph) {
    for (const TensorProto& tensor : graph.initializer()) {
      if (IsFloatMatrix(tensor)) weights_[tensor.name()] = &tensor;
    }
  }

  Status Run() {
    for (const NodeProto& node : graph_.node()) {
      const bool standard = node.domain().empty() || node.domain() == "ai.onnx";
      if (standard && node.op_type() == "MatMul" && node.input_size() == 2 && weights_.count(node.input(1))) {
        ONEDGE_RETURN_IF_ERROR(QuantizeMatMul(node));
      } else if (standard && node.op_type() == "Gather" && IsTable(node)) {
        ONEDGE_RETURN_IF_ERROR(QuantizeGather(node));
      } else {
        nodes_.push_back(node);
      }
    }
    if (added_.empty()) {
      return Unsupported("no MatMul with a constant float32 weight and no large embedding table: nothing to quantize");
    }
    Replace();
    return OkStatus();
  }

 private:
  bool IsTable(const NodeProto& node) const {
    const auto found = node.input_size() == 2 ? weights_.find(node.input(0)) : weights_.end();
    return found != weights_.end() && found->second->dims(0) * found->second->dims(1) >= kTableElements;
  }

  Status QuantizeMatMul(const NodeProto& node) {
    const std::string &a = node.input(0), &b = node.input(1), &out = node.output(0);
    ONEDGE_RETURN_IF_ERROR(QuantizeWeight(*weights_[b], /*per_column=*/true));
    if (quantized_inputs_.insert(a).second) {
      AddNode("DynamicQuantizeLinear", {a}, {a + "_quantized", a + "_scale", a + "_zero_point"});
    }
    AddNode("MatMulInteger", {a + "_quantized", b + "_quantized", a + "_zero_point", b + "_zero_point"},
            {out + "_integer"});
    NodeProto& cast = AddNode("Cast", {out + "_integer"}, {out + "_cast"});
    ::onnx::AttributeProto& to = *cast.add_attribute();
    to.set_name("to");
    to.set_type(::onnx::AttributeProto::INT);
    to.set_i(TensorProto::FLOAT);
    AddNode("Mul", {a + "_scale", b + "_scale"}, {out + "_scales"});
    AddNode("Mul", {out + "_cast", out + "_scales"}, {out});
    return OkStatus();
  }

  Status QuantizeGather(const NodeProto& node) {
    const std::string table = node.input(0), out = node.output(0);
    ONEDGE_RETURN_IF_ERROR(QuantizeWeight(*weights_[table], /*per_column=*/false));
    nodes_.push_back(node);
    nodes_.back().set_input(0, table + "_quantized");
    nodes_.back().set_output(0, out + "_quantized");
    AddNode("DequantizeLinear", {out + "_quantized", table + "_scale", table + "_zero_point"}, {out});
    return OkStatus();
  }

  NodeProto& AddNode(const char* op_type, const std::vector<std::string>& inputs,
                     const std::vector<std::string>& outputs) {
    NodeProto node;
    node.set_op_type(op_type);
    node.set_name(outputs[0] + "_" + op_type);
    for (const std::string& input : inputs) node.add_input(input);
    for (const std::string& output : outputs) node.add_output(output);
    nodes_.push_back(std::move(node));
    return nodes_.back();
  }

  // Adds NAME_quantized, NAME_scale and NAME_zero_point. The largest magnitude of a column, or of the whole weight,
  // becomes 127.
  Status QuantizeWeight(const TensorProto& weight, bool per_column) {
    const auto [previous, is_new] = per_column_.emplace(weight.name(), per_column);
    if (!is_new && previous->second == per_column) return OkStatus();
    if (!is_new) return Unsupported("initializer '", weight.name(), "' is both a MatMul's weight and a Gather's table");
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<float> values, Elements(weight));
    const size_t columns = static_cast<size_t>(weight.dims(1));
    std::vector<float> scales(per_column ? columns : 1, 1e-12f);
    for (size_t i = 0; i < values.size(); ++i) {
      float& scale = scales[per_column ? i % columns : 0];
      scale = std::max(scale, std::fabs(values[i]));
    }
    for (float& scale : scales) scale /= 127.0f;
    std::vector<int8_t> quantized(values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      const float scaled = std::nearbyint(values[i] / scales[per_column ? i % columns : 0]);
      quantized[i] = static_cast<int8_t>(std::clamp(scaled, -127.0f, 127.0f));
    }
    TensorProto& matrix = AddInitializer(weight.name() + "_quantized");
    *matrix.mutable_dims() = weight.dims();
    SetElements(matrix, TensorProto::INT8, quantized);
    TensorProto& scale = AddInitializer(weight.name() + "_scale");
    if (per_column) scale.add_dims(weight.dims(1));
    SetElements(scale, TensorProto::FLOAT, scales);
    SetElements(AddInitializer(weight.name() + "_zero_point"), TensorProto::INT8, std::vector<int8_t>{0});
    return OkStatus();
  }

  TensorProto& AddInitializer(const std::string& name) {
    added_.emplace_back();
    added_.back().set_name(name);
    return added_.back();
  }

  // A float weight stays if another node still reads it.
  void Replace() {
    std::set<std::string> used;
    for (const NodeProto& node : nodes_) used.insert(node.input().begin(), node.input().end());
    for (const auto& output : graph_.output()) used.insert(output.name());
    ::onnx::GraphProto old;
    old.mutable_initializer()->Swap(graph_.mutable_initializer());
    for (TensorProto& tensor : *old.mutable_initializer()) {
      const bool replaced = per_column_.count(tensor.name()) > 0 && used.count(tensor.name()) == 0;
      if (!replaced) graph_.add_initializer()->Swap(&tensor);
    }
    for (TensorProto& tensor : added_) graph_.add_initializer()->Swap(&tensor);
    graph_.clear_node();
    for (NodeProto& node : nodes_) graph_.add_node()->Swap(&node);
    // Old models also list their initializers as inputs.
    auto* inputs = graph_.mutable_input();
    for (int i = inputs->size() - 1; i >= 0; --i) {
      const std::string& name = inputs->Get(i).name();
      if (per_column_.count(name) > 0 && used.count(name) == 0) inputs->DeleteSubrange(i, 1);
    }
    graph_.clear_value_info();
  }

  ::onnx::GraphProto& graph_;
  std::map<std::string, const TensorProto*> weights_;
  std::map<std::string, bool> per_column_;  // the quantized weights, and how
  std::set<std::string> quantized_inputs_;
  std::vector<NodeProto> nodes_;
  std::vector<TensorProto> added_;
};

// A subgraph may read a weight of the surrounding graph by name.
bool HasSubgraphs(const ::onnx::GraphProto& graph) {
  for (const NodeProto& node : graph.node()) {
    for (const auto& attribute : node.attribute()) {
      if (attribute.has_g() || attribute.graphs_size() > 0) return true;
    }
  }
  return false;
}

}  // namespace

Result<std::vector<uint8_t>> QuantizeDynamic(std::span<const uint8_t> file) {
  ONEDGE_ASSIGN_OR_RETURN(::onnx::ModelProto model, ParseModelProto(file));
  for (const auto& import : model.opset_import()) {
    if ((import.domain().empty() || import.domain() == "ai.onnx") && import.version() < kDynamicQuantizeLinearOpset) {
      return Unsupported("the model has opset ", import.version(), "; DynamicQuantizeLinear needs ",
                         kDynamicQuantizeLinearOpset, ": export it again with a newer opset");
    }
  }
  if (HasSubgraphs(model.graph())) {
    return Unsupported("the model has subgraphs (If, Loop, Scan), whose readers of weights are not followed");
  }
  ONEDGE_RETURN_IF_ERROR(Quantizer(*model.mutable_graph()).Run());
  return SerializeModelProto(model);
}

}  // namespace onedge::onnx

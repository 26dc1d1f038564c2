#include "onnx/quantize_dynamic.h"

#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "onnx/inline_external_data.h"
#include "onnx/model_proto.h"

namespace onedge::onnx {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<uint8_t> Bytes(const ::onnx::ModelProto& model) { return SerializeModelProto(model).value(); }

// y = x * w + gather(table, i); w: [3, 2], table: [1024, 4].
::onnx::ModelProto ExampleModel() {
  ::onnx::ModelProto model;
  model.set_ir_version(8);
  model.add_opset_import()->set_version(13);
  ::onnx::GraphProto& graph = *model.mutable_graph();
  const auto tensor = [&](const char* name, int64_t rows, int64_t columns) {
    ::onnx::TensorProto& t = *graph.add_initializer();
    t.set_name(name);
    t.set_data_type(::onnx::TensorProto::FLOAT);
    t.add_dims(rows);
    t.add_dims(columns);
    std::mt19937 random(7);
    for (int64_t i = 0; i < rows * columns; ++i) {
      t.add_float_data(static_cast<float>(random()) / static_cast<float>(random.max()) - 0.5f);
    }
  };
  tensor("w", 3, 2);
  tensor("table", 1024, 4);
  const auto node = [&](const char* op, std::vector<const char*> inputs, const char* output) {
    ::onnx::NodeProto& n = *graph.add_node();
    n.set_op_type(op);
    for (const char* input : inputs) n.add_input(input);
    n.add_output(output);
  };
  node("MatMul", {"x", "w"}, "y");
  node("Gather", {"table", "i"}, "z");
  for (const char* name : {"x", "i", "w"}) graph.add_input()->set_name(name);
  for (const char* name : {"y", "z"}) graph.add_output()->set_name(name);
  return model;
}

const ::onnx::TensorProto* Find(const ::onnx::GraphProto& graph, const std::string& name) {
  for (const auto& tensor : graph.initializer()) {
    if (tensor.name() == name) return &tensor;
  }
  return nullptr;
}

TEST(QuantizeDynamic, RewritesProductsAndTables) {
  const ::onnx::ModelProto original = ExampleModel();
  const ::onnx::ModelProto model = ParseModelProto(QuantizeDynamic(Bytes(original)).value()).value();
  std::vector<std::string> ops;
  for (const auto& node : model.graph().node()) ops.push_back(node.op_type());
  EXPECT_THAT(
      ops, ElementsAre("DynamicQuantizeLinear", "MatMulInteger", "Cast", "Mul", "Mul", "Gather", "DequantizeLinear"));
  EXPECT_EQ(Find(model.graph(), "w"), nullptr);
  EXPECT_EQ(Find(model.graph(), "table"), nullptr);
  std::vector<std::string> inputs;
  for (const auto& input : model.graph().input()) inputs.push_back(input.name());
  EXPECT_THAT(inputs, ElementsAre("x", "i"));  // the weight is not listed as an input any more
}

TEST(QuantizeDynamic, EachColumnComesBackWithinHalfAStep) {
  const ::onnx::ModelProto original = ExampleModel();
  const ::onnx::ModelProto model = ParseModelProto(QuantizeDynamic(Bytes(original)).value()).value();
  const ::onnx::TensorProto& values = *Find(model.graph(), "w_quantized");
  float scales[2];
  std::memcpy(scales, Find(model.graph(), "w_scale")->raw_data().data(), sizeof scales);
  float largest[2] = {};
  for (int i = 0; i < 6; ++i) {
    const float weight = original.graph().initializer(0).float_data(i);
    const float back =
        static_cast<float>(static_cast<int8_t>(values.raw_data()[static_cast<size_t>(i)])) * scales[i % 2];
    EXPECT_NEAR(back, weight, scales[i % 2] * 0.5001f);
    largest[i % 2] = std::max(largest[i % 2], std::abs(weight));
  }
  EXPECT_FLOAT_EQ(scales[0] * 127, largest[0]);
  EXPECT_FLOAT_EQ(scales[1] * 127, largest[1]);
}

TEST(QuantizeDynamic, AWeightThatSomethingElseReadsStays) {
  ::onnx::ModelProto model = ExampleModel();
  ::onnx::NodeProto& node = *model.mutable_graph()->add_node();
  node.set_op_type("Abs");
  node.add_input("w");
  node.add_output("a");
  const auto quantized = ParseModelProto(QuantizeDynamic(Bytes(model)).value()).value();
  EXPECT_NE(Find(quantized.graph(), "w"), nullptr);
}

TEST(QuantizeDynamic, SaysWhyItCannot) {
  ::onnx::ModelProto old = ExampleModel();
  old.mutable_opset_import(0)->set_version(10);
  EXPECT_THAT(QuantizeDynamic(Bytes(old)).status().ToString(), HasSubstr("opset 10"));
  ::onnx::ModelProto nothing = ExampleModel();
  nothing.mutable_graph()->clear_node();
  EXPECT_THAT(QuantizeDynamic(Bytes(nothing)).status().ToString(), HasSubstr("nothing to quantize"));
  ::onnx::ModelProto lies = ExampleModel();
  lies.mutable_graph()->mutable_initializer(0)->set_dims(0, 1000);
  EXPECT_THAT(QuantizeDynamic(Bytes(lies)).status().ToString(), HasSubstr("initializer 'w'"));
  EXPECT_EQ(QuantizeDynamic(std::vector<uint8_t>{1, 2, 3}).status().code(), StatusCode::kCorruptFile);
}

TEST(InlineExternalData, PutsEachTensorsBytesIntoTheFile) {
  ::onnx::ModelProto model = ExampleModel();
  ::onnx::TensorProto& weight = *model.mutable_graph()->mutable_initializer(0);
  weight.clear_float_data();
  weight.set_data_location(::onnx::TensorProto::EXTERNAL);
  const auto set = [&](const char* key, const char* value) {
    weight.add_external_data()->set_key(key);
    weight.mutable_external_data(weight.external_data_size() - 1)->set_value(value);
  };
  set("location", "weights.bin");
  set("offset", "4");
  set("length", "24");
  std::vector<uint8_t> file(28);
  for (size_t i = 0; i < file.size(); ++i) file[i] = static_cast<uint8_t>(i);
  const auto read = [&](const std::string& location) -> Result<std::vector<uint8_t>> {
    EXPECT_EQ(location, "weights.bin");
    return file;
  };
  const auto whole = ParseModelProto(InlineExternalData(Bytes(model), read).value()).value();
  EXPECT_EQ(whole.graph().initializer(0).raw_data(), std::string(file.begin() + 4, file.end()));
  EXPECT_FALSE(whole.graph().initializer(0).has_data_location());

  file.resize(20);
  EXPECT_THAT(InlineExternalData(Bytes(model), read).status().ToString(),
              HasSubstr("tensor 'w': its external data is 24 bytes from 4 of 'weights.bin', which has 20"));
}

}  // namespace
}  // namespace onedge::onnx

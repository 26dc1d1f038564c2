// State through the public headers: a sum that grows from one run to the next.
#include <gtest/gtest.h>

#include "api/model.h"
#include "tests/onnx/model_builder.h"

namespace onedge::api {
namespace {

std::shared_ptr<const Model> Sum() {
  ::onnx::ModelProto proto = onnx::EmptyModel();
  auto* graph = proto.mutable_graph();
  onnx::SetTensorType(graph->add_input(), "past", 1, {"2"});
  onnx::SetTensorType(graph->add_input(), "x", 1, {"2"});
  onnx::SetTensorType(graph->add_output(), "present", 1, {"2"});
  onnx::AddNode(graph->mutable_node(), "Add", {"past", "x"}, {"present"});
  const std::string bytes = onnx::Serialize(proto);
  const auto loader = ModelLoader::Create({.digest = false});
  EXPECT_TRUE(loader->Feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}).ok());
  auto model = loader->Finish();
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return model.ok() ? *model : nullptr;
}

Tensor Pair(float a, float b) {
  Tensor tensor = Tensor::Allocate(DType::kFloat32, {2}).value();
  tensor.mutable_data<float>()[0] = a;
  tensor.mutable_data<float>()[1] = b;
  return tensor;
}

TEST(State, CarriesAValueFromRunToRun) {
  const auto model = Sum();
  ASSERT_TRUE(model);
  const auto state = model->CreateState({{"past", "present", std::nullopt, Pair(0, 1)}});
  ASSERT_TRUE(state.ok()) << state.status().ToString();
  const auto session = model->CreateSession().value();
  const std::vector<NamedValue> inputs = {{"x", Pair(1, 2)}};
  for (int run = 0; run < 3; ++run) ASSERT_TRUE(session->Run(inputs, {.state = state->get()}).ok());
  const Tensor sum = (*state)->Read(0).value();
  EXPECT_EQ(sum.data<float>()[0], 3);
  EXPECT_EQ(sum.data<float>()[1], 7);
}

TEST(State, OfAnInputThatTheModelLacksIsRefused) {
  const auto model = Sum();
  ASSERT_TRUE(model);
  EXPECT_EQ(model->CreateState({{"old", "present", std::nullopt, Pair(0, 0)}}).status().message(),
            "state: the model has no input 'old'");
}

}  // namespace
}  // namespace onedge::api

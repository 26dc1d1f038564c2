// fuse-conv-batch-normalization, fuse-activation at convolutions, and fuse-swish.
#include "ops/infer_types.h"
#include "ops/registry.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

Tensor Positive(const Shape& shape, uint32_t seed) {
  Tensor tensor = RandomFloats(shape, seed);
  for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<float>()[i] += 2.5f;
  return tensor;
}

struct NormCase {
  bool conv_bias = true;
  bool shared = false;     // the convolution is also an output
  bool quantized = false;  // the model quantizes
  int64_t training = 0;
};

Optimized RunConvNorm(const NormCase& c) {
  const auto make = [&] {
    GraphBuilder builder(15);
    const auto x = builder.Input("x", DType::kFloat32, {"n", 3, "h", "w"});
    std::vector<ValueId> inputs = {x, builder.Constant(RandomFloats({4, 3, 3, 3}, 2))};
    if (c.conv_bias) inputs.push_back(builder.Constant(RandomFloats({4}, 3)));
    const auto conv = builder.Node("Conv", inputs, {{"strides", std::vector<int64_t>{2, 2}}});
    const std::vector<ValueId> norm = {conv, builder.Constant(RandomFloats({4}, 4)),
                                       builder.Constant(RandomFloats({4}, 5)), builder.Constant(RandomFloats({4}, 6)),
                                       builder.Constant(Positive({4}, 7))};
    std::vector<graph::Attribute> attributes = {{"epsilon", 0.01f}};
    if (c.training) attributes.push_back({"training_mode", c.training});
    builder.Output(builder.Nodes("BatchNormalization", norm, c.training ? 3 : 1, attributes)[0], "y");
    if (c.shared) builder.Output(conv, "conv");
    if (c.quantized) {
      const auto bytes = builder.Nodes("DynamicQuantizeLinear", {x}, 3);
      builder.Output(builder.Node("DequantizeLinear", {bytes[0], bytes[1], bytes[2]}), "q");
    }
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 3, 7, 9}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseConvBatchNormalization, FiresWithAndWithoutABias) {
  for (bool bias : {false, true}) {
    const Optimized result = RunConvNorm({.conv_bias = bias});
    EXPECT_EQ(result.operators, (Operators{{"Conv", 1}}));
    EXPECT_LT(result.largest_difference, 2e-5);
    EXPECT_GT(result.largest_difference, 0);  // it moves roundings
  }
}

TEST(FuseConvBatchNormalization, HoldsBackWhereTheConvolutionIsReadByOthersOrInTraining) {
  const Optimized shared = RunConvNorm({.shared = true});
  EXPECT_EQ(shared.operators, (Operators{{"BatchNormalization", 1}, {"Conv", 1}}));
  EXPECT_EQ(shared.Reason("fuse-conv-batch-normalization"), "value 'conv' is an output of the graph");
  EXPECT_EQ(RunConvNorm({.training = 1}).operators, (Operators{{"BatchNormalization", 1}, {"Conv", 1}}));
}

TEST(FuseConvBatchNormalization, LeavesModelsThatQuantizeAsTheyRun) {
  const Optimized result = RunConvNorm({.quantized = true});
  EXPECT_EQ(result.operators.count("BatchNormalization"), 1u);
  EXPECT_TRUE(result.same_bits);
}

// A Conv and its BatchNormalization, with the weight as another output.
graph::Graph ConvNorm(bool weight_is_output, const Shape& mean = {4}) {
  GraphBuilder builder(15);
  const auto x = builder.Input("x", DType::kFloat32, {"n", 3, "h", "w"});
  const auto weight = builder.Constant(RandomFloats({4, 3, 3, 3}, 2));
  const auto conv = builder.Node("Conv", {x, weight});
  builder.Output(builder.Node("BatchNormalization",
                              {conv, builder.Constant(RandomFloats({4}, 4)), builder.Constant(RandomFloats({4}, 5)),
                               builder.Constant(RandomFloats(mean, 6)), builder.Constant(Positive(mean, 7))}),
                 "y");
  if (weight_is_output) builder.Output(weight, "weight");
  return builder.Build();
}

TEST(FuseConvBatchNormalization, KeepsAWeightThatIsAnOutput) {
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 3, 7, 9}, 1)}};
  const Optimized result = RunBoth([] { return ConvNorm(true); }, inputs);
  EXPECT_EQ(result.operators.count("BatchNormalization"), 0u);
  EXPECT_LT(result.largest_difference, 2e-5);
}

TEST(FuseConvBatchNormalization, LeavesTheModelAsItIsWhereFoldingDoesNotFit) {
  graph::Graph graph = ConvNorm(false);
  ASSERT_TRUE(ops::ResolveOps(graph).ok());
  ASSERT_TRUE(ops::InferTypes(graph).ok());
  MemoryBudget budget(100);  // the weights take 432 bytes
  std::vector<optimizer::Miss> misses;
  const Status status = optimizer::Optimize(graph, {.budget = &budget, .misses = &misses});
  EXPECT_TRUE(status.ok()) << status.ToString();
  EXPECT_EQ(OperatorsOf(graph), (Operators{{"BatchNormalization", 1}, {"Conv", 1}}));
  ASSERT_EQ(misses.size(), 1u);
  EXPECT_EQ(misses[0].reason.find("no memory for folded weights: "), 0u) << misses[0].reason;
  EXPECT_EQ(budget.used_bytes(), 0u);
}

struct ActivationCase {
  std::string op_type;
  std::vector<graph::Attribute> attributes;
  std::vector<float> bounds;  // of Clip
};

Optimized RunConvActivation(const ActivationCase& c, int64_t groups, bool bound_is_input = false) {
  const auto make = [&] {
    GraphBuilder builder(22);
    const auto x = builder.Input("x", DType::kFloat32, {"n", 4, "h", "w"});
    const auto weight = builder.Constant(RandomFloats({4, 4 / groups, 3, 3}, 2));
    const auto conv = builder.Node("Conv", {x, weight, builder.Constant(RandomFloats({4}, 3))}, {{"group", groups}});
    std::vector<ValueId> inputs = {conv};
    for (float bound : c.bounds) inputs.push_back(builder.Floats({}, {bound}));
    if (bound_is_input) inputs.push_back(builder.Input("low", DType::kFloat32, {}));
    builder.Output(builder.Node(c.op_type, inputs, c.attributes), "y");
    return builder.Build();
  };
  std::vector<runtime::NamedValue> inputs = {{"x", RandomFloats({2, 4, 7, 9}, 1)}};
  if (bound_is_input) inputs.push_back({"low", Tensor::FromValues<float>({}, std::vector<float>{0.5f}).value()});
  return RunBoth(make, inputs);
}

TEST(FuseActivation, JoinsConvolutionsAndKeepsEveryBit) {
  const ActivationCase cases[] = {{"Relu", {}, {}},
                                  {"Clip", {}, {0, 6}},
                                  {"Clip", {}, {0.25f}},
                                  {"Clip", {}, {}},
                                  {"LeakyRelu", {{"alpha", 0.2f}}, {}},
                                  {"LeakyRelu", {}, {}},
                                  {"Sigmoid", {}, {}},
                                  {"Tanh", {}, {}},
                                  {"HardSwish", {}, {}},
                                  {"HardSigmoid", {{"alpha", 0.3f}}, {}},
                                  {"Gelu", {}, {}},
                                  {"Gelu", {{"approximate", std::string("tanh")}}, {}}};
  for (const ActivationCase& c : cases) {
    for (int64_t groups : {1, 4}) {
      const Optimized result = RunConvActivation(c, groups);
      EXPECT_EQ(result.operators, (Operators{{"Conv", 1}})) << c.op_type;
      EXPECT_TRUE(result.same_bits) << c.op_type << " differs by " << result.largest_difference;
    }
  }
}

TEST(FuseActivation, LeavesOperatorsWithoutAFormAndBoundsThatAreInputs) {
  EXPECT_EQ(RunConvActivation({"Softplus", {}, {}}, 1).operators, (Operators{{"Conv", 1}, {"Softplus", 1}}));
  const Optimized result = RunConvActivation({"Clip", {}, {}}, 1, /*bound_is_input=*/true);
  EXPECT_EQ(result.operators, (Operators{{"Clip", 1}, {"Conv", 1}}));
  EXPECT_EQ(result.Reason("fuse-activation"), "expected constant bounds, got Clip 'Clip_1'");
}

TEST(FuseActivation, MakesALinearOfAPlainGemm) {
  const auto run = [](float alpha, const Shape& bias) {
    const auto make = [&] {
      GraphBuilder builder;
      const auto x = builder.Input("x", DType::kFloat32, {"n", 5});
      const auto weight = builder.Constant(RandomFloats({7, 5}, 2));
      const auto gemm = builder.Node("Gemm", {x, weight, builder.Constant(RandomFloats(bias, 3))},
                                     {{"transB", int64_t{1}}, {"alpha", alpha}});
      builder.Output(builder.Node("Tanh", {gemm}), "y");
      return builder.Build();
    };
    const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 5}, 1)}};
    return RunBoth(make, inputs);
  };
  const Optimized result = run(1, {7});
  EXPECT_EQ(result.operators, (Operators{{"Linear", 1}}));
  EXPECT_TRUE(result.same_bits);
  EXPECT_EQ(run(2, {7}).operators, (Operators{{"Gemm", 1}, {"Tanh", 1}}));
  EXPECT_EQ(run(1, {3, 7}).operators, (Operators{{"Gemm", 1}, {"Tanh", 1}}));
}

enum class SwishForm { kSigmoid, kHardSigmoid, kClip, kWrongBound, kOtherFactor };

Optimized RunSwish(SwishForm form) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 3});
    const auto number = [&](float value) { return builder.Floats({}, {value}); };
    ValueId factor = graph::kNoValue;
    if (form == SwishForm::kSigmoid || form == SwishForm::kOtherFactor) {
      factor = builder.Node("Sigmoid", {x});
    } else if (form == SwishForm::kHardSigmoid) {
      factor = builder.Node("HardSigmoid", {x}, {{"alpha", 1 / 6.0f}, {"beta", 0.5f}});
    } else {
      const float high = form == SwishForm::kClip ? 6 : 5;
      factor = builder.Node("Clip", {builder.Node("Add", {x, number(3)}), number(0), number(high)});
    }
    auto y = builder.Node("Mul", {factor, form == SwishForm::kOtherFactor ? builder.Node("Exp", {x}) : x});
    if (form == SwishForm::kClip || form == SwishForm::kWrongBound) y = builder.Node("Div", {y, number(6)});
    builder.Output(y, "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({50, 3}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseSwish, FiresOnItsSpellings) {
  const Optimized swish = RunSwish(SwishForm::kSigmoid);
  EXPECT_EQ(swish.operators, (Operators{{"Swish", 1}}));
  EXPECT_TRUE(swish.same_bits);
  for (SwishForm form : {SwishForm::kHardSigmoid, SwishForm::kClip}) {
    const Optimized hard = RunSwish(form);
    EXPECT_EQ(hard.operators, (Operators{{"HardSwish", 1}})) << static_cast<int>(form);
    EXPECT_LT(hard.largest_difference, 1e-6);
  }
}

TEST(FuseSwish, HoldsBackForOtherBoundsAndFactors) {
  EXPECT_EQ(RunSwish(SwishForm::kWrongBound).operators.count("HardSwish"), 0u);
  EXPECT_EQ(RunSwish(SwishForm::kOtherFactor).operators.count("Swish"), 0u);
}

}  // namespace
}  // namespace onedge::testing

// The fusions: each fires on the pattern that exporters write, does not fire if the numbers would change, and keeps the
// numbers.
#include <numbers>

#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

ValueId Scalar(GraphBuilder& builder, float value) { return builder.Floats({}, {value}); }

ValueId Vector(GraphBuilder& builder, int64_t size, uint32_t seed) {
  return builder.Constant(RandomFloats({size}, seed));
}

// LayerNorm as PyTorch exports it below opset 17.
ValueId LayerNorm(GraphBuilder& builder, ValueId x, float exponent, int64_t axis) {
  const std::vector<graph::Attribute> mean = {{"axes", std::vector<int64_t>{axis}}};
  const auto difference = builder.Node("Sub", {x, builder.Node("ReduceMean", {x}, mean)});
  const auto variance =
      builder.Node("ReduceMean", {builder.Node("Pow", {difference, Scalar(builder, exponent)})}, mean);
  const auto deviation = builder.Node("Sqrt", {builder.Node("Add", {variance, Scalar(builder, 1e-5f)})});
  const auto normal = builder.Node("Div", {difference, deviation});
  return builder.Node("Add", {builder.Node("Mul", {normal, Vector(builder, 8, 3)}), Vector(builder, 8, 4)});
}

Optimized RunLayerNorm(float exponent, int64_t axis) {
  const auto make = [&] {
    GraphBuilder builder(13);
    builder.Output(LayerNorm(builder, builder.Input("x", DType::kFloat32, {"n", 8, 8}), exponent, axis), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 8, 8}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseLayerNormalization, FiresOnPyTorchsSpelling) {
  for (int64_t axis : {-1, 2}) {
    const Optimized result = RunLayerNorm(2, axis);
    EXPECT_EQ(result.operators, (Operators{{"LayerNormalization", 1}}));
    EXPECT_LT(result.largest_difference, 2e-6);
  }
}

TEST(FuseLayerNormalization, HoldsBackForAnotherAxisOrExponent) {
  EXPECT_EQ(RunLayerNorm(2, 1).operators.count("LayerNormalization"), 0u);
  EXPECT_EQ(RunLayerNorm(4, -1).operators.count("LayerNormalization"), 0u);
}

enum class GeluForm { kPyTorch, kHalfFirst, kMulByReciprocal, kTanh, kWrongFactor };

Optimized RunGelu(GeluForm form) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n"});
    const auto one_plus = [&](ValueId f) { return builder.Node("Add", {f, Scalar(builder, 1)}); };
    const float root2 = std::numbers::sqrt2_v<float>;
    const auto erf = [&](float divisor) {
      return one_plus(builder.Node("Erf", {builder.Node("Div", {x, Scalar(builder, divisor)})}));
    };
    switch (form) {
      case GeluForm::kPyTorch:
        builder.Output(builder.Node("Mul", {builder.Node("Mul", {x, erf(root2)}), Scalar(builder, 0.5f)}));
        break;
      case GeluForm::kHalfFirst:
        builder.Output(builder.Node("Mul", {builder.Node("Mul", {x, Scalar(builder, 0.5f)}), erf(root2)}));
        break;
      case GeluForm::kMulByReciprocal: {
        const auto scaled = builder.Node("Mul", {x, Scalar(builder, 1 / root2)});
        const auto factor = one_plus(builder.Node("Erf", {scaled}));
        builder.Output(builder.Node("Mul", {x, builder.Node("Mul", {Scalar(builder, 0.5f), factor})}));
        break;
      }
      case GeluForm::kTanh: {
        const auto cube = builder.Node("Pow", {x, Scalar(builder, 3)});
        const auto inner = builder.Node("Add", {x, builder.Node("Mul", {Scalar(builder, 0.044715f), cube})});
        const auto scaled = builder.Node("Mul", {Scalar(builder, 0.7978845608f), inner});
        const auto factor = one_plus(builder.Node("Tanh", {scaled}));
        builder.Output(builder.Node("Mul", {builder.Node("Mul", {Scalar(builder, 0.5f), x}), factor}));
        break;
      }
      case GeluForm::kWrongFactor:
        builder.Output(builder.Node("Mul", {builder.Node("Mul", {x, erf(1.5f)}), Scalar(builder, 0.5f)}));
        break;
    }
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({500}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseGelu, FiresOnEverySpelling) {
  for (GeluForm form : {GeluForm::kPyTorch, GeluForm::kHalfFirst, GeluForm::kMulByReciprocal, GeluForm::kTanh}) {
    const Optimized result = RunGelu(form);
    EXPECT_EQ(result.operators, (Operators{{"Gelu", 1}})) << static_cast<int>(form);
    EXPECT_LT(result.largest_difference, 1e-6) << static_cast<int>(form);
  }
}

TEST(FuseGelu, HoldsBackForAnotherDivisor) { EXPECT_EQ(RunGelu(GeluForm::kWrongFactor).operators.count("Gelu"), 0u); }

Optimized RunLinear(Shape bias_shape, std::string activation, bool shared) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 5});
    const auto product = builder.Node("MatMul", {x, builder.Constant(RandomFloats({5, 7}, 2))});
    auto y = builder.Node("Add", {builder.Constant(RandomFloats(bias_shape, 3)), product});
    if (!activation.empty()) y = builder.Node(activation, {y});
    builder.Output(y);
    if (shared) builder.Output(product);
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 5}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseActivation, JoinsTheLinearOfABiasVector) {
  for (const char* activation : {"", "Relu", "Tanh", "Sigmoid"}) {
    const Optimized result = RunLinear({7}, activation, false);
    EXPECT_EQ(result.operators, (Operators{{"Linear", 1}})) << activation;
    EXPECT_LT(result.largest_difference, 2e-6) << activation;
  }
}

TEST(FuseMatMulAdd, HoldsBackForAMatrixOrASharedProduct) {
  EXPECT_EQ(RunLinear({3, 7}, "", false).operators, (Operators{{"Add", 1}, {"MatMul", 1}}));
  EXPECT_EQ(RunLinear({7}, "", true).operators, (Operators{{"Add", 1}, {"MatMul", 1}}));
}

TEST(FuseActivation, LeavesActivationsWithoutAFusedForm) {
  EXPECT_EQ(RunLinear({7}, "Softplus", false).operators, (Operators{{"Linear", 1}, {"Softplus", 1}}));
}

Optimized RunQuantized(int8_t zero_point, bool per_column, bool bias) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 6});
    const auto quantized = builder.Nodes("DynamicQuantizeLinear", {x}, 3);
    std::vector<int8_t> weights;
    for (int i = 0; i < 6 * 4; ++i) weights.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
    const auto weight = builder.Constant(Tensor::FromValues<int8_t>({6, 4}, weights).value());
    const auto zero = builder.Constant(Tensor::FromValues<int8_t>({}, std::vector<int8_t>{zero_point}).value());
    const auto sums = builder.Node("MatMulInteger", {quantized[0], weight, quantized[2], zero});
    const auto cast = builder.Node("Cast", {sums}, {{"to", int64_t{1}}});
    const auto scale = per_column ? builder.Floats({4}, {0.01f, 0.02f, 0.03f, 0.04f}) : builder.Floats({1}, {0.01f});
    auto y = builder.Node("Mul", {cast, builder.Node("Mul", {quantized[1], scale})});
    if (bias) y = builder.Node("Add", {y, Vector(builder, 4, 9)});
    builder.Output(y);
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 6}, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseDynamicQuantizedLinear, FiresAndKeepsEveryBit) {
  for (bool per_column : {false, true}) {
    for (bool bias : {false, true}) {
      const Optimized result = RunQuantized(0, per_column, bias);
      EXPECT_EQ(result.operators, (Operators{{"DynamicQuantizedLinear", 1}}));
      EXPECT_TRUE(result.same_bits);
    }
  }
}

TEST(FuseDynamicQuantizedLinear, HoldsBackForWeightsWithAZeroPoint) {
  EXPECT_EQ(RunQuantized(3, false, true).operators.count("DynamicQuantizedLinear"), 0u);
}

Optimized RunAttention(bool mask, int64_t softmax_axis) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto q = builder.Input("q", DType::kFloat32, {2, 3, 4, 8});
    const auto k = builder.Input("k", DType::kFloat32, {2, 5, 3, 8});
    const auto v = builder.Input("v", DType::kFloat32, {2, 3, 5, 8});
    const auto transposed = builder.Node("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}});
    auto scores = builder.Node("Div", {builder.Node("MatMul", {q, transposed}), Scalar(builder, 2.5f)});
    if (mask) scores = builder.Node("Add", {scores, builder.Input("mask", DType::kFloat32, {2, 1, 1, 5})});
    const auto probabilities = builder.Node("Softmax", {scores}, {{"axis", softmax_axis}});
    builder.Output(builder.Node("MatMul", {probabilities, v}));
    return builder.Build();
  };
  std::vector<runtime::NamedValue> inputs = {
      {"q", RandomFloats({2, 3, 4, 8}, 1)}, {"k", RandomFloats({2, 5, 3, 8}, 2)}, {"v", RandomFloats({2, 3, 5, 8}, 3)}};
  if (mask) inputs.push_back({"mask", RandomFloats({2, 1, 1, 5}, 4)});
  return RunBoth(make, inputs);
}

TEST(FuseAttention, FiresWithAndWithoutAMask) {
  for (bool mask : {false, true}) {
    const Optimized result = RunAttention(mask, -1);
    EXPECT_EQ(result.operators, (Operators{{"ScaledDotProductAttention", 1}, {"Transpose", 1}}));
    EXPECT_LT(result.largest_difference, 2e-6);
  }
}

TEST(FuseAttention, HoldsBackForASoftmaxOverAnotherAxis) {
  EXPECT_EQ(RunAttention(false, 2).operators.count("ScaledDotProductAttention"), 0u);
}

}  // namespace
}  // namespace onedge::testing

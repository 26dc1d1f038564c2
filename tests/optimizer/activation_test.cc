// fuse-activation and its kin: bounds that attributes cannot hold, ranks that are not known, quantized products, and
// roundings of 16-bit floats.
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

ValueId Typed(GraphBuilder& builder, const Shape& shape, uint32_t seed, DType dtype) {
  return builder.Constant(ToDType(RandomFloats(shape, seed), dtype));
}

Optimized RunClipped(double high) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat64, {"n", 5});
    const auto product = builder.Node("MatMul", {x, Typed(builder, {5, 7}, 2, DType::kFloat64)});
    const auto sum = builder.Node("Add", {product, Typed(builder, {7}, 3, DType::kFloat64)});
    const auto bound = [&](double value) {
      return builder.Constant(Tensor::FromValues<double>({}, std::vector{value}).value());
    };
    builder.Output(builder.Node("Clip", {sum, bound(0), bound(high)}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", ToDType(RandomFloats({3, 5}, 1), DType::kFloat64)}};
  return RunBoth(make, inputs);
}

TEST(FuseActivation, HoldsBackForAFloat64BoundThatNoAttributeHolds) {
  const Optimized exact = RunClipped(0.5);
  EXPECT_EQ(exact.operators, (Operators{{"Linear", 1}}));
  EXPECT_TRUE(exact.same_bits);
  const Optimized inexact = RunClipped(0.1);
  EXPECT_EQ(inexact.operators, (Operators{{"Clip", 1}, {"Linear", 1}}));
  EXPECT_TRUE(inexact.same_bits) << inexact.largest_difference;
  EXPECT_EQ(inexact.Reason("fuse-activation"), "a bound is not exact as an attribute, which is float32");
}

TEST(FuseActivation, LeavesAGemmOfAnUnknownRankAndItsError) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", "m", 5});
    const auto shape = builder.Input("shape", DType::kInt64, {"rank"});
    const auto gemm =
        builder.Node("Gemm", {builder.Node("Reshape", {x, shape}), Typed(builder, {5, 7}, 2, DType::kFloat32)});
    builder.Output(builder.Node("Relu", {gemm}), "y");
    return builder.Build();
  };
  const auto run = [&](bool optimize, const std::vector<int64_t>& shape) {
    auto model = runtime::Model::Create(make(), {.optimize = optimize}).value();
    auto session = std::move(runtime::Session::Create(model)).value();
    const runtime::NamedValue inputs[] = {
        {"x", RandomFloats({2, 3, 5}, 1)},
        {"shape", Tensor::FromValues<int64_t>({static_cast<int64_t>(shape.size())}, shape).value()}};
    return session->Run(inputs).status().code();
  };
  for (bool optimize : {false, true}) {
    EXPECT_EQ(run(optimize, {6, 5}), StatusCode::kOk) << optimize;
    EXPECT_EQ(run(optimize, {2, 3, 5}), StatusCode::kInvalidArgument) << optimize;
  }
}

TEST(FuseActivation, KeepsEveryBitOfQuantizedProducts) {
  const char* const applied[] = {"Relu", "Tanh", "Sigmoid"};
  const char* const left[] = {"LeakyRelu", "HardSwish", "HardSigmoid"};
  const auto run = [](const char* activation) {
    const auto make = [&] {
      GraphBuilder builder;
      const auto quantized = builder.Nodes("DynamicQuantizeLinear", {builder.Input("x", DType::kFloat32, {"n", 6})}, 3);
      std::vector<int8_t> weights;
      for (int i = 0; i < 6 * 4; ++i) weights.push_back(static_cast<int8_t>(i * 37 % 255 - 127));
      const auto weight = builder.Constant(Tensor::FromValues<int8_t>({6, 4}, weights).value());
      const auto sums = builder.Node("MatMulInteger", {quantized[0], weight, quantized[2]});
      const auto cast = builder.Node("Cast", {sums}, {{"to", int64_t{1}}});
      const auto scaled =
          builder.Node("Mul", {cast, builder.Node("Mul", {quantized[1], builder.Floats({1}, {0.01f})})});
      builder.Output(builder.Node(activation, {scaled}), "y");
      return builder.Build();
    };
    const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 6}, 1)}};
    return RunBoth(make, inputs);
  };
  for (const char* activation : applied) {
    const Optimized result = run(activation);
    EXPECT_EQ(result.operators, (Operators{{"DynamicQuantizedLinear", 1}})) << activation;
    EXPECT_TRUE(result.same_bits) << activation;
  }
  for (const char* activation : left) {
    const Optimized result = run(activation);
    EXPECT_EQ(result.operators, (Operators{{"DynamicQuantizedLinear", 1}, {activation, 1}})) << activation;
    EXPECT_TRUE(result.same_bits) << activation;
  }
}

// A product through an activation, x * sigmoid(x), and a normalized sum, beside something that quantizes.
Optimized RunBesideQuantization(DType dtype, bool quantizes) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", dtype, {"n", 8});
    const auto product = builder.Node("MatMul", {x, Typed(builder, {8, 8}, 2, dtype)});
    const auto linear = builder.Node("Tanh", {builder.Node("Add", {product, Typed(builder, {8}, 3, dtype)})});
    const auto swish = builder.Node("Mul", {linear, builder.Node("Sigmoid", {linear})});
    builder.Output(builder.Node("LayerNormalization", {builder.Node("Add", {swish, x}), Typed(builder, {8}, 4, dtype),
                                                       Typed(builder, {8}, 5, dtype)}),
                   "y");
    if (quantizes) {
      const auto bytes = builder.Nodes("DynamicQuantizeLinear", {builder.Input("z", DType::kFloat32, {2})}, 3);
      builder.Output(builder.Node("DequantizeLinear", {bytes[0], bytes[1], bytes[2]}), "q");
    }
    return builder.Build();
  };
  std::vector<runtime::NamedValue> inputs = {{"x", ToDType(RandomFloats({3, 8}, 1), dtype)}};
  if (quantizes) inputs.push_back({"z", RandomFloats({2}, 6)});
  return RunBoth(make, inputs);
}

TEST(Fusions, KeepTheRoundingsTo16BitsOfModelsThatQuantizeAsTheyRun) {
  const Operators fused = {{"Linear", 1}, {"SkipLayerNormalization", 1}, {"Swish", 1}};
  EXPECT_EQ(RunBesideQuantization(DType::kFloat16, false).operators, fused);
  const Optimized half = RunBesideQuantization(DType::kFloat16, true);
  EXPECT_TRUE(half.same_bits) << half.largest_difference;
  EXPECT_EQ(half.operators, (Operators{{"Add", 2},
                                       {"DequantizeLinear", 1},
                                       {"DynamicQuantizeLinear", 1},
                                       {"LayerNormalization", 1},
                                       {"MatMul", 1},
                                       {"Mul", 1},
                                       {"Sigmoid", 1},
                                       {"Tanh", 1}}));
  EXPECT_NE(half.Reason("fuse-swish").find("round to 16 bits less often"), std::string::npos);
  const Optimized single = RunBesideQuantization(DType::kFloat32, true);
  EXPECT_TRUE(single.same_bits) << single.largest_difference;
  EXPECT_EQ(single.operators.count("SkipLayerNormalization"), 1u);
}

}  // namespace
}  // namespace onedge::testing

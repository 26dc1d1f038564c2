// prefer-nhwc: where the layout changes, and that the numbers stay.
#include "backends/cpu/cpu_backend.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using Operators = std::map<std::string, int>;

template <typename Build>
Optimized RunOnCpu(const Build& build, const Shape& shape = {2, 3, 9, 7}) {
  const auto make = [&] {
    GraphBuilder builder(17);
    std::vector<GraphBuilder::TestDim> dims = {"n", static_cast<int>(shape[1])};
    for (size_t i = 2; i < shape.size(); ++i) dims.push_back(i == 2 ? "h" : "w");
    build(builder, builder.Input("x", DType::kFloat32, dims));
    return builder.Build();
  };
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* backends[] = {&cpu};
  const runtime::NamedValue inputs[] = {{"x", RandomFloats(shape, 1)}};
  Optimized result = RunBoth(make, inputs, backends);
  EXPECT_LT(result.largest_difference, 2e-4);
  return result;
}

ValueId Conv(GraphBuilder& builder, ValueId x, int64_t channels, int64_t filters, uint32_t seed, int64_t groups = 1) {
  return builder.Node("Conv",
                      {x, builder.Constant(RandomFloats({filters, channels / groups, 3, 3}, seed)),
                       builder.Constant(RandomFloats({filters}, seed + 1))},
                      {{"pads", std::vector<int64_t>{1, 1, 1, 1}}, {"group", groups}});
}

TEST(PreferNhwc, TheLayoutChangesAtTheEdgesOfARunOnly) {
  const Optimized result = RunOnCpu([](GraphBuilder& builder, ValueId x) {
    const ValueId first = builder.Node("Relu", {Conv(builder, x, 3, 8, 2)});
    const ValueId second = builder.Node("Softplus", {Conv(builder, first, 8, 8, 4, 8)});
    const ValueId sum = builder.Node("Add", {first, second});
    builder.Output(Conv(builder, sum, 8, 5, 6), "y");
  });
  EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 3}, {"Softplus", 1}, {"Add", 1}, {"Transpose", 2}}));
}

TEST(PreferNhwc, ConstantsAndConcatenationsFollow) {
  const Optimized result = RunOnCpu([](GraphBuilder& builder, ValueId x) {
    const ValueId a = Conv(builder, x, 3, 4, 2);
    const ValueId scaled = builder.Node("Mul", {a, builder.Constant(RandomFloats({4, 1, 1}, 9))});
    const ValueId slope = builder.Node("PRelu", {scaled, builder.Constant(RandomFloats({4, 1, 1}, 10))});
    const ValueId clipped = builder.Node("Clip", {slope, builder.Floats(Shape{}, {-1}), builder.Floats(Shape{}, {2})});
    const ValueId both = builder.Node("Concat", {clipped, a, x}, {{"axis", int64_t{-3}}});
    const ValueId tall = builder.Node("Concat", {both, both}, {{"axis", int64_t{2}}});
    builder.Output(Conv(builder, tall, 11, 4, 5), "y");
  });
  EXPECT_EQ(result.operators,
            (Operators{{"NhwcConv", 2}, {"Mul", 1}, {"PRelu", 1}, {"Clip", 1}, {"Concat", 2}, {"Transpose", 2}}));
}

TEST(PreferNhwc, OtherOperatorsReadTheOldLayout) {
  const Optimized result = RunOnCpu([](GraphBuilder& builder, ValueId x) {
    const ValueId a = Conv(builder, x, 3, 4, 2);
    builder.Output(builder.Node("Softmax", {a}, {{"axis", int64_t{1}}}), "y");
    builder.Output(a, "a");
  });
  EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 1}, {"Softmax", 1}, {"Transpose", 2}}));
}

TEST(PreferNhwc, ATransposeOfTheModelIsTheMoveItself) {
  const Optimized result = RunOnCpu(
      [](GraphBuilder& builder, ValueId x) {
        const ValueId first = builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
        const ValueId a = Conv(builder, first, 7, 4, 2);
        builder.Output(builder.Node("Transpose", {a}, {{"perm", std::vector<int64_t>{0, 2, 3, 1}}}), "y");
      },
      {2, 3, 9, 7});
  EXPECT_EQ(result.operators.count("Transpose"), 0u);
  EXPECT_EQ(result.operators.at("NhwcConv"), 1);
}

TEST(PreferNhwc, OneSpatialAxis) {
  const Optimized result = RunOnCpu(
      [](GraphBuilder& builder, ValueId x) {
        const ValueId a = builder.Node("Conv", {x, builder.Constant(RandomFloats({4, 3, 5}, 2))});
        builder.Output(builder.Node("Conv", {a, builder.Constant(RandomFloats({6, 4, 1}, 3))}), "y");
      },
      {2, 3, 20});
  EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 2}, {"Transpose", 2}}));
}

TEST(PreferNhwc, PoolsResizesPadsAndReductionsFollow) {
  const std::vector<int64_t> two = {2, 2};
  const Optimized result = RunOnCpu([&](GraphBuilder& builder, ValueId x) {
    const ValueId a = Conv(builder, x, 3, 8, 2);
    const ValueId larger = builder.Node("Resize", {a, graph::kNoValue, builder.Floats({4}, {1, 1, 2, 3})},
                                        {{"mode", std::string("linear")}});
    const ValueId pooled = builder.Node("MaxPool", {larger}, {{"kernel_shape", two}, {"strides", two}});
    const ValueId padded = builder.Node("Pad", {pooled, builder.Ints({8}, {0, 0, 1, 2, 0, 0, 0, 1})});
    const ValueId mean =
        builder.Node("AveragePool", {padded}, {{"kernel_shape", two}, {"count_include_pad", int64_t{1}}});
    const ValueId gate = builder.Node("Sigmoid", {builder.Node("GlobalAveragePool", {mean})});
    const ValueId gated = Conv(builder, builder.Node("Mul", {mean, gate}), 8, 4, 6);
    builder.Output(
        builder.Node("ReduceMean", {gated}, {{"axes", std::vector<int64_t>{-1, 2}}, {"keepdims", int64_t{0}}}), "y");
    builder.Output(builder.Node("ReduceMax", {gated}, {{"axes", std::vector<int64_t>{2, 3}}, {"keepdims", int64_t{1}}}),
                   "z");
  });
  EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 2},
                                         {"Resize", 1},
                                         {"NhwcMaxPool", 1},
                                         {"Pad", 1},
                                         {"NhwcAveragePool", 1},
                                         {"NhwcGlobalAveragePool", 1},
                                         {"Sigmoid", 1},
                                         {"Mul", 1},
                                         {"ReduceMean", 1},
                                         {"ReduceMax", 1},
                                         {"Transpose", 2}}));
}

TEST(PreferNhwc, NormalizationsAndBlocksOfPixelsFollow) {
  const auto variances = [](const Shape& shape, uint32_t seed) {
    Tensor tensor = RandomFloats(shape, seed);
    for (int64_t i = 0; i < tensor.element_count(); ++i)
      tensor.mutable_data<float>()[i] = 100 + 50 * std::abs(tensor.data<float>()[i]);
    return tensor;
  };
  for (const char* const mode : {"DCR", "CRD"}) {
    const Optimized result = RunOnCpu([&](GraphBuilder& builder, ValueId x) {
      const ValueId a = builder.Node("Relu", {Conv(builder, x, 3, 8, 2)});
      const ValueId norm = builder.Node(
          "BatchNormalization", {a, builder.Constant(RandomFloats({8}, 3)), builder.Constant(RandomFloats({8}, 4)),
                                 builder.Constant(RandomFloats({8}, 5)), builder.Constant(variances({8}, 6))});
      const ValueId large =
          builder.Node("DepthToSpace", {norm}, {{"blocksize", int64_t{2}}, {"mode", std::string(mode)}});
      const ValueId b = Conv(builder, large, 2, 3, 7);
      const ValueId deep = builder.Node("SpaceToDepth", {b}, {{"blocksize", int64_t{2}}});
      builder.Output(Conv(builder, deep, 12, 4, 8), "y");
    });
    EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 3},
                                           {"Mul", 1},
                                           {"Add", 1},
                                           {"NhwcDepthToSpace", 1},
                                           {"NhwcSpaceToDepth", 1},
                                           {"Transpose", 2}}))
        << mode;
  }
}

// 16-bit convolutions run in float32, and their run of operators is rounded once.
TEST(PreferNhwc, HalfPrecisionRunsInFloat32) {
  const auto half = [](const Tensor& tensor) { return ToDType(tensor, DType::kFloat16); };
  const auto make = [&] {
    GraphBuilder builder(17);
    const ValueId x = builder.Input("x", DType::kFloat16, {"n", 3, "h", "w"});
    const ValueId a = builder.Node("Conv", {x, builder.Constant(half(RandomFloats({8, 3, 3, 3}, 2))),
                                            builder.Constant(half(RandomFloats({8}, 3)))});
    const ValueId scaled = builder.Node("Mul", {a, builder.Constant(half(RandomFloats({8, 1, 1}, 4)))});
    const ValueId b =
        builder.Node("Conv", {builder.Node("Relu", {scaled}), builder.Constant(half(RandomFloats({4, 8, 1, 1}, 5)))});
    builder.Output(b, "y");
    return builder.Build();
  };
  const backends::cpu::CpuBackend cpu;
  const backends::Backend* backends[] = {&cpu};
  const runtime::NamedValue inputs[] = {{"x", half(RandomFloats({1, 3, 8, 9}, 1))}};
  const Optimized result = RunBoth(make, inputs, backends);
  EXPECT_EQ(result.operators, (Operators{{"NhwcConv", 2}, {"Mul", 1}, {"Relu", 1}, {"Transpose", 2}, {"Cast", 2}}));
  EXPECT_LT(result.largest_difference, 0.5);  // of values up to about 200, where float16 has steps of 0.125
}

TEST(PreferNhwc, LeavesModelsThatQuantizeAndOtherBackends) {
  const auto quantized = [](GraphBuilder& builder, ValueId x) {
    builder.Output(Conv(builder, x, 3, 4, 2), "y");
    const auto bytes = builder.Nodes("DynamicQuantizeLinear", {x}, 3);
    builder.Output(builder.Node("DequantizeLinear", {bytes[0], bytes[1], bytes[2]}), "q");
  };
  EXPECT_EQ(RunOnCpu(quantized).operators.count("NhwcConv"), 0u);
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({1, 3, 6, 6}, 1)}};
  const auto make = [&] {
    GraphBuilder builder(17);
    builder.Output(Conv(builder, builder.Input("x", DType::kFloat32, {1, 3, 6, 6}), 3, 4, 2), "y");
    return builder.Build();
  };
  EXPECT_EQ(RunBoth(make, inputs).operators, (Operators{{"Conv", 1}}));  // no backend
}

TEST(PreferNhwc, LeavesConvolutionsWithoutAFastForm) {
  const Optimized large = RunOnCpu([](GraphBuilder& builder, ValueId x) {
    builder.Output(builder.Node("Conv", {x, builder.Constant(RandomFloats({3, 1, 6, 6}, 2))}, {{"group", int64_t{3}}}),
                   "y");
  });
  EXPECT_EQ(large.operators, (Operators{{"Conv", 1}}));
  const Optimized changing = RunOnCpu([](GraphBuilder& builder, ValueId x) {
    const ValueId w = builder.Node(
        "Tanh", {builder.Node("Slice", {x, builder.Ints({1}, {0}), builder.Ints({1}, {1}), builder.Ints({1}, {0})})});
    builder.Output(builder.Node("Conv", {x, w}), "y");
  });
  EXPECT_EQ(changing.operators.count("NhwcConv"), 0u);
}

}  // namespace
}  // namespace onedge::testing

// A fusion never changes a shape: it does not fire if a constant or a mask in the pattern broadcasts the result, in
// this run or in another run that the symbolic dimensions allow.
#include <numbers>

#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using graph::ValueId;
using TestDims = std::vector<GraphBuilder::TestDim>;

// (x - mean) / sqrt(var + eps) * scale + bias.
Optimized RunLayerNorm(const TestDims& dims, const Shape& x, const Shape& eps, const Shape& scale, const Shape& bias,
                       const Shape& two = {}) {
  const auto make = [&] {
    GraphBuilder builder(13);
    const std::vector<graph::Attribute> mean = {{"axes", std::vector<int64_t>{-1}}};
    const auto input = builder.Input("x", DType::kFloat32, dims);
    const auto difference = builder.Node("Sub", {input, builder.Node("ReduceMean", {input}, mean)});
    const auto square = builder.Node("Pow", {difference, builder.Floats(two, {2})});
    const auto variance = builder.Node("ReduceMean", {square}, mean);
    const auto deviation = builder.Node("Sqrt", {builder.Node("Add", {variance, builder.Floats(eps, {1e-5f})})});
    const auto scaled =
        builder.Node("Mul", {builder.Node("Div", {difference, deviation}), builder.Constant(RandomFloats(scale, 3))});
    builder.Output(builder.Node("Add", {scaled, builder.Constant(RandomFloats(bias, 4))}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats(x, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseLayerNormalization, HoldsBackForParametersThatBroadcastTheResult) {
  struct Case {
    TestDims dims;
    Shape x, eps, scale, bias, two;
  };
  const Case cases[] = {
      {{2, 3, 4}, {2, 3, 4}, {1, 1, 1, 1}, {4}, {4}, {}},     // the deviation has one dimension more than x
      {{2, 3, 4}, {2, 3, 4}, {}, {4}, {4}, {1, 1, 1, 1, 1}},  // the squares have one dimension more
      {{3, 1}, {3, 1}, {}, {4}, {4}, {}},                     // a row of one element, scaled by four
      {{"n", "d"}, {3, 1}, {}, {4}, {4}, {}},                 // which is possible in some run
      {{"n", "d"}, {3, 4}, {}, {4}, {4}, {}},                 // but not in this one
      {{1, 4}, {1, 4}, {}, {3, 4}, {4}, {}},                  // the scale has as many rows
      {{"n", 4}, {1, 4}, {}, {3, 4}, {3, 4}, {}},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(StrCat("x ", c.x, " eps ", c.eps, " scale ", c.scale, " bias ", c.bias));
    const Optimized result = RunLayerNorm(c.dims, c.x, c.eps, c.scale, c.bias, c.two);
    EXPECT_EQ(result.operators.count("LayerNormalization"), 0u);
    EXPECT_TRUE(result.same_bits);
  }
}

TEST(FuseLayerNormalization, LeavesABiasThatBroadcastsTheResultBehind) {
  const Optimized result = RunLayerNorm({1, 4}, {1, 4}, {}, {4}, {3, 4});
  EXPECT_EQ(result.operators, (std::map<std::string, int>{{"LayerNormalization", 1}, {"Add", 1}}));
  EXPECT_LT(result.largest_difference, 2e-6);
}

TEST(FuseLayerNormalization, FiresForAnEpsilonOfXsRank) {
  const Optimized result = RunLayerNorm({"n", 3, 4}, {2, 3, 4}, {1, 1, 1}, {4}, {4});
  EXPECT_EQ(result.operators, (std::map<std::string, int>{{"LayerNormalization", 1}}));
  EXPECT_LT(result.largest_difference, 2e-6);
}

// x * 0.5 * (1 + erf(x / sqrt 2)) with constants of these shapes.
Optimized RunGelu(const TestDims& dims, const Shape& x, const Shape& root, const Shape& one, const Shape& half) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto input = builder.Input("x", DType::kFloat32, dims);
    const auto erf =
        builder.Node("Erf", {builder.Node("Div", {input, builder.Floats(root, {std::numbers::sqrt2_v<float>})})});
    const auto factor = builder.Node("Add", {erf, builder.Floats(one, {1})});
    const auto product = builder.Node("Mul", {input, factor});
    builder.Output(builder.Node("Mul", {product, builder.Floats(half, {0.5f})}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats(x, 1)}};
  return RunBoth(make, inputs);
}

TEST(FuseGelu, HoldsBackForConstantsThatRaiseTheRank) {
  const Shape high = {1, 1, 1};
  for (int i = 0; i < 3; ++i) {
    const Optimized result =
        RunGelu({"n", 4}, {2, 4}, i == 0 ? high : Shape(), i == 1 ? high : Shape(), i == 2 ? high : Shape());
    EXPECT_EQ(result.operators.count("Gelu"), 0u) << i;
    EXPECT_TRUE(result.same_bits) << i;
  }
}

TEST(FuseGelu, FiresForConstantsThatDoNot) {
  const Optimized result = RunGelu({"n", 4}, {2, 4}, {1}, {1, 1}, {});
  EXPECT_EQ(result.operators, (std::map<std::string, int>{{"Gelu", 1}}));
  EXPECT_LT(result.largest_difference, 1e-6);
}

struct AttentionCase {
  TestDims q, k, v, mask;
  Shape q_shape, k_shape, v_shape, mask_shape;
  Shape scale = {};
};

Optimized RunAttention(const AttentionCase& c) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto q = builder.Input("q", DType::kFloat32, c.q);
    const auto k = builder.Input("k", DType::kFloat32, c.k);
    const auto v = builder.Input("v", DType::kFloat32, c.v);
    const auto transposed = builder.Node("Transpose", {k}, {{"perm", std::vector<int64_t>{0, 1, 3, 2}}});
    auto scores = builder.Node("Mul", {builder.Node("MatMul", {q, transposed}), builder.Floats(c.scale, {0.5f})});
    if (!c.mask.empty()) scores = builder.Node("Add", {scores, builder.Input("mask", DType::kFloat32, c.mask)});
    builder.Output(builder.Node("MatMul", {builder.Node("Softmax", {scores}, {{"axis", int64_t{-1}}}), v}), "y");
    return builder.Build();
  };
  std::vector<runtime::NamedValue> inputs = {
      {"q", RandomFloats(c.q_shape, 1)}, {"k", RandomFloats(c.k_shape, 2)}, {"v", RandomFloats(c.v_shape, 3)}};
  if (!c.mask.empty()) inputs.push_back({"mask", RandomFloats(c.mask_shape, 4)});
  return RunBoth(make, inputs);
}

TEST(FuseAttention, HoldsBackForAMaskOrKeysThatBroadcastTheResult) {
  const TestDims one = {1, 2, 3, 4}, many = {"batch", 2, 3, 4};
  const Shape one_shape = {1, 2, 3, 4}, two_shape = {2, 2, 3, 4};
  const AttentionCase cases[] = {
      {one, one, one, {2, 1, 1, 3}, one_shape, one_shape, one_shape, {2, 1, 1, 3}},
      {one, one, one, {"masks", 1, 1, 3}, one_shape, one_shape, one_shape, {2, 1, 1, 3}},
      {one, one, one, {1, 1, 2, 3, 3}, one_shape, one_shape, one_shape, {1, 1, 2, 3, 3}},
      {many, {"keys", 2, 3, 4}, {"keys", 2, 3, 4}, {}, one_shape, two_shape, two_shape, {}},
      {many, {"keys", 2, 3, 4}, {"keys", 2, 3, 4}, {}, two_shape, one_shape, one_shape, {}},
      {many, many, {"values", 2, 3, 4}, {}, one_shape, one_shape, two_shape, {}},
      {{1, "heads", 3, 4},
       {1, "key_heads", 3, 4},
       {1, "heads", 3, 4},
       {},
       {1, 2, 3, 4},
       {1, 1, 3, 4},
       {1, 2, 3, 4},
       {}},
      {many, many, many, {}, two_shape, two_shape, two_shape, {}, {1, 1, 1, 1, 1}},
  };
  for (size_t i = 0; i < std::size(cases); ++i) {
    SCOPED_TRACE(i);
    const Optimized result = RunAttention(cases[i]);
    EXPECT_EQ(result.operators.count("ScaledDotProductAttention"), 0u);
    EXPECT_TRUE(result.same_bits);
  }
}

TEST(FuseAttention, FiresForABatchThatAllShare) {
  const TestDims many = {"batch", 2, 3, 4};
  const Shape shape = {2, 2, 3, 4};
  const Optimized result = RunAttention({many, many, many, {"batch", 1, 1, 3}, shape, shape, shape, {2, 1, 1, 3}});
  EXPECT_EQ(result.operators.count("ScaledDotProductAttention"), 1u);
  EXPECT_LT(result.largest_difference, 2e-6);
}

TEST(FuseMatMulAdd, LeavesASumThatAnAttributeAligns) {
  const auto make = [] {
    GraphBuilder builder(6);
    const auto x = builder.Input("x", DType::kFloat32, {4, 4});
    const auto product = builder.Node("MatMul", {x, builder.Constant(RandomFloats({4, 4}, 2))});
    builder.Output(builder.Node("Add", {product, builder.Constant(RandomFloats({4}, 3))},
                                {{"broadcast", int64_t{1}}, {"axis", int64_t{0}}}),
                   "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({4, 4}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (std::map<std::string, int>{{"Add", 1}, {"MatMul", 1}}));
  EXPECT_TRUE(result.same_bits) << result.largest_difference;
  EXPECT_EQ(result.Reason("fuse-matmul-add"), "");
}

TEST(Optimize, KeepsWhatABodyDeclaresOfItsInputs) {
  // The fusions must not take a shape from it: the state has another shape in the second iteration.
  const auto make = [] {
    GraphBuilder body;
    const auto iteration = body.Input("i", DType::kInt64, {});
    const auto going = body.Input("going", DType::kBool, {});
    const auto state = body.Input("state", DType::kFloat32, {"d"});
    static_cast<void>(iteration);
    const auto erf = body.Node("Erf", {body.Node("Div", {state, body.Floats({}, {std::numbers::sqrt2_v<float>})})});
    const auto factor = body.Node("Add", {erf, body.Floats({}, {1})});
    const auto gelu = body.Node("Mul", {body.Node("Mul", {state, factor}), body.Floats({1, 1}, {0.5f})});
    body.Output(body.Node("Identity", {going}));
    body.Output(gelu);
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {3});
    const auto trips = builder.Ints({}, {2});
    const auto yes = builder.Constant(Tensor::FromBytes(DType::kBool, {}, std::vector<uint8_t>{1}).value());
    builder.Output(builder.Node("Loop", {trips, yes, x}, {{"body", body.BuildSubgraph()}}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3}, 1)}};
  EXPECT_TRUE(RunBoth(make, inputs).same_bits);
}

}  // namespace
}  // namespace onedge::testing

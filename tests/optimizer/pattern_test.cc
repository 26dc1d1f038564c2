// Pattern and Rewriter: matches, misses with their reasons, and the graph after a replacement.
#include "ops/infer_types.h"
#include "ops/registry.h"
#include "optimizer/rewriter.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::optimizer {
namespace {

using graph::ValueId;
using testing::GraphBuilder;

// A resolved graph, and the reasons of all misses.
struct Tried {
  explicit Tried(GraphBuilder& builder) : graph(builder.Build()) {
    EXPECT_TRUE(ops::ResolveOps(graph).ok());
    auto next_symbol = static_cast<int32_t>(graph.symbols->names.size());
    EXPECT_TRUE(ops::InferTypesWithSymbols(graph, next_symbol).ok());
    ctx.pass = "tried";
    ctx.misses = &misses;
  }
  // Whether the last node matches the pattern.
  bool Matches(const Pattern& pattern) {
    misses.clear();
    Rewriter rewriter(graph, ctx);
    const bool found = rewriter.Find(pattern, graph.nodes.size() - 1, 0).has_value();
    EXPECT_TRUE(rewriter.Finish().ok());
    return found;
  }
  std::string reason() const { return misses.empty() ? "" : misses.back().reason; }

  graph::Graph graph;
  PassContext ctx;
  std::vector<Miss> misses;
};

TEST(Pattern, MatchesSumsAndProductsInBothOrders) {
  const auto x = Any("x"), y = Any("y");
  for (bool swapped : {false, true}) {
    GraphBuilder builder;
    const auto a = builder.Input("a", DType::kFloat32, {2}), b = builder.Input("b", DType::kFloat32, {2});
    const auto exp = builder.Node("Exp", {b});
    builder.Output(swapped ? builder.Node("Add", {exp, a}) : builder.Node("Add", {a, exp}));
    Tried tried(builder);
    EXPECT_TRUE(tried.Matches(x + Op("Exp", {y})));
    EXPECT_TRUE(tried.Matches(Op("Exp", {y}) + x));
    EXPECT_FALSE(tried.Matches(x * Op("Exp", {y})));
  }
}

TEST(Pattern, DoesNotSwapDifferences) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  builder.Output(builder.Node("Sub", {builder.Node("Exp", {a}), a}));
  Tried tried(builder);
  const auto x = Any("x");
  EXPECT_TRUE(tried.Matches(Op("Exp", {x}) - x));
  EXPECT_FALSE(tried.Matches(x - Op("Exp", {x})));
  EXPECT_EQ(tried.reason(), "expected Exp, got value 'a'");
}

TEST(Pattern, APlaceThatStandsTwiceIsOneValue) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2}), b = builder.Input("b", DType::kFloat32, {2});
  builder.Output(builder.Node("Mul", {a, builder.Node("Exp", {b})}));
  Tried tried(builder);
  const auto x = Any("x"), y = Any("y");
  EXPECT_TRUE(tried.Matches(x * Op("Exp", {y})));
  EXPECT_FALSE(tried.Matches(x * Op("Exp", {x})));
  EXPECT_EQ(tried.reason(), "expected x to be value 'a' again, got value 'b'");
}

TEST(Pattern, MatchesNumbersOfEveryFloatDTypeAndRankWithinItsTolerance) {
  const auto matches = [](Tensor constant, double expected) {
    GraphBuilder builder;
    const auto a = builder.Input("a", constant.dtype(), {2});
    builder.Output(builder.Node("Mul", {a, builder.Constant(std::move(constant))}));
    Tried tried(builder);
    const bool matched = tried.Matches(Any("x") * expected);
    EXPECT_EQ(matched, tried.reason().empty()) << tried.reason();
    return matched;
  };
  const auto number = [](float value, DType dtype, const Shape& shape = {}) {
    return testing::ToDType(Tensor::FromValues<float>(shape, std::vector<float>{value}).value(), dtype);
  };
  EXPECT_TRUE(matches(number(1.41421356f, DType::kFloat32), 1.4142135623730951));
  EXPECT_TRUE(matches(number(1.41421356f, DType::kFloat16), 1.4142135623730951));
  EXPECT_TRUE(matches(number(1.41421356f, DType::kFloat64), 1.4142135623730951));
  EXPECT_TRUE(matches(number(0.5f, DType::kFloat32, {1, 1}), 0.5));
  EXPECT_FALSE(matches(number(1.4144f, DType::kFloat32), 1.4142135623730951));
  EXPECT_FALSE(matches(number(1.4142f, DType::kFloat64), 1.4142135623730951));
  EXPECT_FALSE(matches(number(-0.5f, DType::kFloat32), 0.5));
}

TEST(Pattern, WhatLiesBetweenIsReadByThePatternAlone) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  const auto exp = builder.Node("Exp", {a});
  builder.Output(builder.Node("Sqrt", {exp}), "other");
  builder.Output(builder.Node("Abs", {exp}));
  Tried tried(builder);
  const auto inner = Op("Exp", {Any("x")});
  EXPECT_FALSE(tried.Matches(Op("Abs", {inner})));
  EXPECT_EQ(tried.reason(), "value 'Exp_0_out0' is read by Sqrt 'Sqrt_1', too");
  EXPECT_TRUE(tried.Matches(Op("Abs", {inner.Shared()})));
}

TEST(Pattern, AnOutputOfTheGraphIsReadByOthers) {
  GraphBuilder builder;
  const auto exp = builder.Node("Exp", {builder.Input("a", DType::kFloat32, {2})});
  builder.Output(exp, "e");
  builder.Output(builder.Node("Abs", {exp}));
  Tried tried(builder);
  EXPECT_FALSE(tried.Matches(Op("Abs", {Op("Exp", {Any("x")})})));
  EXPECT_EQ(tried.reason(), "value 'e' is an output of the graph");
}

TEST(Pattern, TakesTheFirstAlternativeThatMatches) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  builder.Output(builder.Node("Abs", {builder.Node("Sqrt", {a})}));
  Tried tried(builder);
  const auto x = Any("x");
  const auto exp = Op("Exp", {x}), sqrt = Op("Sqrt", {x});
  Rewriter rewriter(tried.graph, tried.ctx);
  const auto match = rewriter.Find(Op("Abs", {OneOf({exp, sqrt})}), 1);
  ASSERT_TRUE(match);
  EXPECT_EQ((*match)[exp], graph::kNoValue);
  EXPECT_EQ((*match)[sqrt], tried.graph.nodes[0].outputs[0]);
  EXPECT_EQ((*match)[x], a);
}

TEST(Pattern, KnowsTheOutputsOfANode) {
  GraphBuilder builder(18);
  const auto a = builder.Input("a", DType::kFloat32, {2, 4});
  const auto parts = builder.Nodes("Split", {a}, 2, {{"axis", int64_t{1}}, {"num_outputs", int64_t{2}}});
  builder.Output(builder.Node("Sub", {parts[0], parts[1]}));
  Tried tried(builder);
  const auto split = Op("Split", {Any("x")});
  EXPECT_TRUE(tried.Matches(split - Output(split, 1)));
  EXPECT_FALSE(tried.Matches(Output(split, 1) - split));
  EXPECT_EQ(tried.reason(), "expected output 1 of Split, got Split 'Split_0'");
}

TEST(Pattern, TheReasonIsOfTheTryThatCameFurthest) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  const auto inner = builder.Node("Mul", {builder.Node("Tanh", {a}), builder.Floats({}, {0.25f})});
  builder.Output(builder.Node("Add", {a, inner}));
  Tried tried(builder);
  const auto x = Any("x");
  EXPECT_FALSE(tried.Matches(x + Op("Tanh", {x}) * 0.5));
  EXPECT_EQ(tried.reason(), "expected the constant 0.5, got constant 0.25");
}

TEST(Rewriter, ReplacingKeepsReadersRight) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  const auto exp = builder.Node("Exp", {a});
  const auto abs = builder.Node("Abs", {exp});
  builder.Output(builder.Node("Neg", {abs}));
  Tried tried(builder);
  Rewriter rewriter(tried.graph, tried.ctx);
  ASSERT_TRUE(*rewriter.Replace(1, {"Sqrt", {a}}));
  EXPECT_EQ(rewriter.readers(a), (std::vector<size_t>{0, 1}));
  EXPECT_TRUE(rewriter.readers(exp).empty());
  EXPECT_EQ(rewriter.Maker(abs)->op_type, "Sqrt");
  ASSERT_TRUE(*rewriter.Finish());
  EXPECT_EQ(testing::OperatorsOf(tried.graph), (std::map<std::string, int>{{"Neg", 1}, {"Sqrt", 1}}));
}

TEST(Rewriter, ReplacesTheOutputsOfSeveralNodesByOneWithNewValuesAndConstants) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2, 4});
  const auto exp = builder.Node("Exp", {a}), abs = builder.Node("Abs", {a});
  builder.Output(exp, "e");
  builder.Output(abs, "b");
  Tried tried(builder);
  Rewriter rewriter(tried.graph, tried.ctx);
  const auto axis = rewriter.AddConstant(Tensor::FromValues<int64_t>({1}, std::vector<int64_t>{0}).value());
  const auto twice = rewriter.Add({"Concat", {a, a}, {{"axis", int64_t{1}}}, "", 13});
  ASSERT_TRUE(twice.ok());
  EXPECT_EQ(rewriter.type(*twice).ToString(*tried.graph.symbols), "float32 [2, 8]");
  const ValueId outputs[] = {exp, abs};
  ASSERT_TRUE(
      *rewriter.Replace(outputs, {"Split", {*twice}, {{"axis", int64_t{1}}, {"num_outputs", int64_t{2}}}, "", 18}));
  ASSERT_TRUE(*rewriter.Finish());
  EXPECT_EQ(testing::OperatorsOf(tried.graph), (std::map<std::string, int>{{"Concat", 1}, {"Split", 1}}));
  EXPECT_EQ(tried.graph.FindConstant(axis), nullptr) << "nothing reads it";
}

TEST(Rewriter, RefusesWhatMightChangeAShapeAndSaysSo) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {"n", 4}), b = builder.Input("b", DType::kFloat32, {"m", 4});
  builder.Output(builder.Node("Add", {a, b}));
  Tried tried(builder);
  Rewriter rewriter(tried.graph, tried.ctx);
  EXPECT_FALSE(*rewriter.CanReplace(0, {"Exp", {a}}));
  EXPECT_FALSE(*rewriter.Replace(0, {"Exp", {a}}));
  EXPECT_FALSE(*rewriter.Replace(0, {"MatMul", {a, b}}));
  EXPECT_EQ(tried.graph.nodes[0].op_type, "Add");
  EXPECT_FALSE(*rewriter.Finish());
  EXPECT_EQ(tried.reason(), "Exp: expected float32 [?, 4], got float32 [n, 4], which may differ");
}

TEST(Rewriter, GivesOneReasonForANodeThatOfThePatternWhichCameFurthest) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  builder.Output(builder.Node("Add", {a, builder.Node("Tanh", {builder.Node("Exp", {a})})}));
  const auto x = Any("x");
  const Pattern shallow = x + Op("Exp", {x}), deep = x + Op("Tanh", {Op("Sqrt", {x})});
  for (bool deep_first : {false, true}) {
    GraphBuilder copy = builder;
    Tried tried(copy);
    Rewriter rewriter(tried.graph, tried.ctx);
    for (const Pattern& pattern : {deep_first ? deep : shallow, deep_first ? shallow : deep}) {
      EXPECT_FALSE(rewriter.Find(pattern, 2, 0));
    }
    ASSERT_TRUE(rewriter.Finish().ok());
    ASSERT_EQ(tried.misses.size(), 1u);
    EXPECT_EQ(tried.reason(), "expected Sqrt, got Exp 'Exp_0'");
  }
}

TEST(Rewriter, GivesNoReasonForANodeThatIsReplacedOrGoes) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {2});
  builder.Output(builder.Node("Abs", {builder.Node("Tanh", {builder.Node("Exp", {a})})}));
  Tried tried(builder);
  Rewriter rewriter(tried.graph, tried.ctx);
  const auto x = Any("x");
  EXPECT_FALSE(rewriter.Find(Op("Tanh", {Op("Sqrt", {x})}), 1, 0));
  EXPECT_FALSE(rewriter.Find(Op("Abs", {Op("Tanh", {Op("Sqrt", {x})})}), 2, 0));
  ASSERT_TRUE(*rewriter.Replace(2, {"Neg", {a}}));
  ASSERT_TRUE(*rewriter.Finish());
  EXPECT_EQ(tried.reason(), "");
}

TEST(Rewriter, TellsTheElementsOfShapes) {
  GraphBuilder builder;
  const auto a = builder.Input("a", DType::kFloat32, {"n", 4});
  const auto n = builder.Node("Gather", {builder.Node("Shape", {a}), builder.Ints({1}, {0})});
  const auto b = builder.Input("b", DType::kInt64, {1});
  builder.Output(n);
  Tried tried(builder);
  Rewriter rewriter(tried.graph, tried.ctx);
  const auto value = rewriter.ShapeValue(n);
  ASSERT_TRUE(value && value->size() == 1);
  EXPECT_TRUE(value->front().Same((*rewriter.type(a).dims)[0]));
  EXPECT_FALSE(rewriter.ShapeValue(b));
}

}  // namespace
}  // namespace onedge::optimizer

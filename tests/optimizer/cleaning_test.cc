// remove-no-ops, fold-constants, eliminate-common-subexpressions and move-transposes.
#include <limits>

#include "ops/ahead_of_run.h"
#include "ops/infer_types.h"
#include "ops/registry.h"
#include "tests/optimizer/pass_tester.h"

namespace onedge::testing {
namespace {

using Operators = std::map<std::string, int>;

TEST(RemoveNoOps, DropsIdentityDropoutAndCastsToTheSameDtype) {
  const auto make = [] {
    GraphBuilder builder;
    auto x = builder.Input("x", DType::kFloat32, {"n", 4});
    x = builder.Node("Identity", {x});
    x = builder.Node("Dropout", {x});
    x = builder.Node("Cast", {x}, {{"to", int64_t{1}}});
    x = builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 1}}});
    builder.Output(builder.Node("Relu", {x}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 4}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Relu", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(RemoveNoOps, KeepsCastsThatChangeTheDtypeAndTransposesThatMove) {
  const auto make = [] {
    GraphBuilder builder;
    auto x = builder.Input("x", DType::kFloat32, {"n", 4});
    x = builder.Node("Cast", {x}, {{"to", int64_t{6}}});
    x = builder.Node("Cast", {x}, {{"to", int64_t{1}}});
    builder.Output(builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{1, 0}}}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 4}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Cast", 2}, {"Transpose", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(FoldConstants, ComputesWhatDependsOnConstantsAlone) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {2});
    const auto sum = builder.Node("Add", {builder.Floats({2}, {1, 2}), builder.Floats({2}, {10, 20})});
    builder.Output(builder.Node("Mul", {x, builder.Node("Sqrt", {sum})}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Mul", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(FoldConstants, LeavesWhatWouldGrowTheModel) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {1});
    const auto large = builder.Node("Expand", {builder.Floats({1}, {2}), builder.Ints({1}, {100000})});
    builder.Output(builder.Node("Mul", {x, large}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({1}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Expand", 1}, {"Mul", 1}}));
  EXPECT_TRUE(result.same_bits);
}

TEST(FoldConstants, LeavesRandomNumbersToTheRun) {
  GraphBuilder builder;
  builder.Output(builder.Node("RandomNormal", {}, {{"shape", std::vector<int64_t>{2}}}), "y");
  const auto model = runtime::Model::Create(builder.Build());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(OperatorsOf((*model)->graph()), (Operators{{"RandomNormal", 1}}));
}

TEST(EliminateCommonSubexpressions, ComputesTheSameThingOnce) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 4});
    const auto term = [&] {
      const auto scaled = builder.Node("Mul", {x, builder.Floats({}, {3})});
      return builder.Node("ReduceSum", {scaled, builder.Ints({1}, {1})}, {{"keepdims", int64_t{1}}});
    };
    builder.Output(builder.Node("Sub", {builder.Node("Exp", {term()}), builder.Node("Sqrt", {term()})}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 4}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Exp", 1}, {"Mul", 1}, {"ReduceSum", 1}, {"Sqrt", 1}, {"Sub", 1}}));
}

TEST(EliminateCommonSubexpressions, KeepsWhatDiffersOrIsRandomOrIsAnOutput) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 4});
    const auto sum = [&](int64_t keep) {
      return builder.Node("ReduceSum", {x, builder.Ints({1}, {1})}, {{"keepdims", keep}});
    };
    builder.Output(builder.Node("Mul", {sum(1), builder.Node("Add", {sum(0), builder.Floats({1}, {2})})}), "y");
    builder.Output(builder.Node("Neg", {x}), "a");
    builder.Output(builder.Node("Neg", {x}), "b");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3, 4}, 1)}};
  const Optimized result = RunBoth(make, inputs);
  EXPECT_EQ(result.operators, (Operators{{"Add", 1}, {"Mul", 1}, {"Neg", 2}, {"ReduceSum", 2}}));
  EXPECT_TRUE(result.same_bits);

  GraphBuilder builder;
  const auto random = [&] { return builder.Node("RandomNormal", {}, {{"shape", std::vector<int64_t>{2}}}); };
  builder.Output(builder.Node("Sub", {random(), random()}), "y");
  const auto model = runtime::Model::Create(builder.Build());
  ASSERT_TRUE(model.ok()) << model.status().ToString();
  EXPECT_EQ(OperatorsOf((*model)->graph()), (Operators{{"RandomNormal", 2}, {"Sub", 1}}));
}

// NHWC to NCHW, then `middle`, then the permutation `back`.
template <typename Middle>
Optimized RunTransposes(std::vector<int64_t> back, const Middle& middle) {
  const auto make = [&] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n", 4, 5, 3});
    const auto moved = builder.Node("Transpose", {x}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
    const auto y = builder.Node("Transpose", {middle(builder, x, moved)}, {{"perm", back}});
    builder.Output(builder.Node("Neg", {y}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 4, 5, 3}, 1)}};
  return RunBoth(make, inputs);
}

TEST(MoveTransposes, CancelsOrJoinsThoseInARow) {
  const auto nothing = [](GraphBuilder&, graph::ValueId, graph::ValueId moved) { return moved; };
  const Optimized undone = RunTransposes({0, 2, 3, 1}, nothing);
  EXPECT_EQ(undone.operators, (Operators{{"Neg", 1}}));
  EXPECT_TRUE(undone.same_bits);
  const Optimized joined = RunTransposes({1, 0, 2, 3}, nothing);
  EXPECT_EQ(joined.operators, (Operators{{"Neg", 1}, {"Transpose", 1}}));
  EXPECT_TRUE(joined.same_bits);
}

TEST(MoveTransposes, PassesElementwiseOperators) {
  const auto middle = [](GraphBuilder& builder, graph::ValueId x, graph::ValueId moved) {
    const auto other =
        builder.Node("Transpose", {builder.Node("Exp", {x})}, {{"perm", std::vector<int64_t>{0, 3, 1, 2}}});
    const auto clipped = builder.Node(
        "Clip", {builder.Node("Sigmoid", {moved}), builder.Floats({}, {0.25f}), builder.Floats({}, {0.75f})});
    return builder.Node("Mul", {builder.Node("Add", {clipped, other}), builder.Floats({1}, {3})});
  };
  const Optimized undone = RunTransposes({0, 2, 3, 1}, middle);
  EXPECT_EQ(undone.operators.count("Transpose"), 0u);
  EXPECT_TRUE(undone.same_bits);
  Optimized joined = RunTransposes({1, 0, 2, 3}, middle);
  EXPECT_EQ(joined.operators["Transpose"], 1);
  EXPECT_TRUE(joined.same_bits);
}

TEST(MoveTransposes, HoldsBackForOperatorsWithAxesAndOperandsThatBroadcast) {
  const auto softmax = [](GraphBuilder& builder, graph::ValueId, graph::ValueId moved) {
    return builder.Node("Softmax", {moved}, {{"axis", int64_t{1}}});
  };
  EXPECT_EQ(RunTransposes({0, 2, 3, 1}, softmax).operators["Transpose"], 2);
  const auto biased = [](GraphBuilder& builder, graph::ValueId, graph::ValueId moved) {
    return builder.Node("Add", {moved, builder.Constant(RandomFloats({3, 1, 1}, 7))});
  };
  Optimized result = RunTransposes({0, 2, 3, 1}, biased);
  EXPECT_EQ(result.operators["Transpose"], 2);
  EXPECT_TRUE(result.same_bits);
}

TEST(RemoveNoOps, KeepsATransposeThatRefusesItsInput) {
  const auto run = [](bool optimize) {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {"n"});
    const auto shaped = builder.Node("Reshape", {x, builder.Input("shape", DType::kInt64, {"rank"})});
    const auto same = builder.Node("Transpose", {shaped}, {{"perm", std::vector<int64_t>{0, 1}}});
    builder.Output(builder.Node("Relu", {same}), "y");
    auto model = runtime::Model::Create(builder.Build(), {.optimize = optimize}).value();
    auto session = std::move(runtime::Session::Create(model)).value();
    const runtime::NamedValue inputs[] = {
        {"x", RandomFloats({8}, 1)},
        {"shape", Tensor::FromValues<int64_t>({3}, std::vector<int64_t>{2, 2, 2}).value()}};
    return session->Run(inputs).status().code();
  };
  EXPECT_EQ(run(false), StatusCode::kInvalidArgument);
  EXPECT_EQ(run(true), StatusCode::kInvalidArgument);
}

TEST(EliminateCommonSubexpressions, TellsFloatsByTheirBits) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const auto run = [](float a, float b) {
    const auto make = [&] {
      GraphBuilder builder;
      const auto x = builder.Input("x", DType::kFloat32, {3});
      const auto one = builder.Node("LeakyRelu", {x}, {{"alpha", a}});
      const auto two = builder.Node("LeakyRelu", {x}, {{"alpha", b}});
      builder.Output(builder.Node("Sub", {one, two}), "y");
      return builder.Build();
    };
    const runtime::NamedValue inputs[] = {{"x", RandomFloats({3}, 1)}};
    return RunBoth(make, inputs).operators["LeakyRelu"];
  };
  EXPECT_EQ(run(0.5f, 0.5f), 1);
  EXPECT_EQ(run(0.0f, -0.0f), 2);
  EXPECT_EQ(run(nan, nan), 1);
}

TEST(EliminateCommonSubexpressions, MergesEmptyConstants) {
  const auto make = [] {
    GraphBuilder builder;
    const auto x = builder.Input("x", DType::kFloat32, {3});
    const auto one = builder.Node("Concat", {x, builder.Floats({0}, {})}, {{"axis", int64_t{0}}});
    const auto two = builder.Node("Concat", {x, builder.Floats({0}, {})}, {{"axis", int64_t{0}}});
    builder.Output(builder.Node("Add", {one, two}), "y");
    return builder.Build();
  };
  const runtime::NamedValue inputs[] = {{"x", RandomFloats({3}, 1)}};
  EXPECT_EQ(RunBoth(make, inputs).operators, (Operators{{"Add", 1}, {"Concat", 1}}));
}

// Nodes without a first output: no node reads them, or a node reads another output.
TEST(Optimize, AcceptsNodesWithoutAFirstOutput) {
  for (const char* kind : {"Transpose", "Identity", "Concat", "LayerNormalization", "Dropout"}) {
    const auto make = [&] {
      GraphBuilder builder;
      const auto x = builder.Input("x", DType::kFloat32, {2, 4});
      const std::vector<graph::Attribute> swaps = {{"perm", std::vector<int64_t>{1, 0}}};
      const std::vector<graph::Attribute> rows = {{"axis", int64_t{0}}};
      const auto transposed = builder.Node("Transpose", {x}, swaps);
      builder.Output(builder.Node("Relu", {transposed}), "y");
      const std::string_view op = kind;
      if (op == "Transpose") builder.Node(kind, {transposed}, swaps);
      if (op == "Identity") builder.Node(kind, {x});
      if (op == "Concat") builder.Node(kind, {x}, rows);
      if (op == "LayerNormalization") {
        builder.Node(kind, {builder.Node("Add", {x, x}), builder.Floats({4}, {1, 2, 3, 4})});
      }
      if (op == "Dropout") {
        builder.Output(builder.Node("Cast", {builder.Nodes(kind, {x}, 2)[1]}, {{"to", int64_t{1}}}), "mask");
      }
      graph::Graph graph = builder.Build();
      for (graph::Node& node : graph.nodes) {
        if (node.op_type == kind && node.outputs[0] != transposed) node.outputs[0] = graph::kNoValue;
      }
      return graph;
    };
    const runtime::NamedValue inputs[] = {{"x", RandomFloats({2, 4}, 1)}};
    const Optimized result = RunBoth(make, inputs);
    Operators expected = {{"Relu", 1}, {"Transpose", 1}};
    if (std::string_view(kind) == "Dropout") expected.insert({{"Cast", 1}, {"Dropout", 1}});
    EXPECT_EQ(result.operators, expected) << kind;
    EXPECT_TRUE(result.same_bits) << kind;
  }
}

TEST(FindShapeArithmetic, AcceptsOmittedOutputs) {
  GraphBuilder builder;
  const auto x = builder.Input("x", DType::kFloat32, {2, 4});
  const auto scale = builder.Floats({4}, {1, 2, 3, 4});
  const auto outputs = builder.Nodes("SkipLayerNormalization", {x, x, scale}, 4, {}, "com.microsoft");
  builder.Output(outputs[0], "y");
  builder.Output(outputs[3], "sum");
  graph::Graph graph = builder.Build();
  graph.nodes[0].outputs[1] = graph.nodes[0].outputs[2] = graph::kNoValue;
  ASSERT_TRUE(ops::ResolveOps(graph).ok());
  ASSERT_TRUE(ops::InferTypes(graph).ok());
  EXPECT_EQ(ops::FindShapeArithmetic(graph), std::vector<bool>{false});
}

}  // namespace
}  // namespace onedge::testing

// remove-no-ops and fold-constants.
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

}  // namespace
}  // namespace onedge::testing

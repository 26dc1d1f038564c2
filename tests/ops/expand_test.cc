// Expand, Tile, ConstantOfShape and Constant: operators that make many elements from few.
#include "op_tester.h"

namespace onedge::ops {
namespace {

TEST(Expand, BroadcastsBothWays) {
  const Tensor x = MakeTensor<float>({3, 1}, {1, 2, 3});
  ExpectTensor<float>(OpTester("Expand").In(x).In<int64_t>({2}, {1, 2}).RunOne(), {3, 2}, {1, 1, 2, 2, 3, 3});
  ExpectTensor<float>(OpTester("Expand").In(x).In<int64_t>({3}, {2, 1, 1}).RunOne(), {2, 3, 1}, {1, 2, 3, 1, 2, 3});
  ExpectTensor<float>(OpTester("Expand").In(MakeScalar(4.0f)).In<int64_t>({1}, {3}).RunOne(), {3}, {4, 4, 4});
  ExpectTensor<float>(OpTester("Expand").In(x).In<int64_t>({2}, {3, 0}).RunOne(), {3, 0}, {});
  ExpectStrings(OpTester("Expand").In(MakeStrings({1}, {"ab"})).In<int64_t>({1}, {2}).RunOne(), {2}, {"ab", "ab"});
}

TEST(Expand, RefusesOtherShapes) {
  const Tensor x = MakeTensor<float>({3}, {1, 2, 3});
  EXPECT_EQ(OpTester("Expand").In(x).In<int64_t>({1}, {2}).Error(),
            "shapes do not broadcast: 3 against 2 in dimension 0");
  EXPECT_EQ(OpTester("Expand").In(x).In<int64_t>({2}, {-5, 3}).Error(), "shape [-5, 3] has a negative dimension");
}

TEST(Expand, AHugeShapeIsAnErrorUnderABudget) {
  graph::Node node;
  node.op_type = "Expand";
  node.opset = 13;
  ASSERT_TRUE(ResolveOp(node).ok());
  MemoryBudget budget(1 << 20);
  EagerOptions options;
  options.budget = &budget;
  const std::vector<Value> inputs = {MakeScalar(1.0f), MakeTensor<int64_t>({2}, {1 << 20, 1 << 20})};
  EXPECT_EQ(RunEagerly(*node.op, inputs, 1, options).status().code(), StatusCode::kResourceExhausted);
  const std::vector<Value> overflowing = {MakeScalar(1.0f),
                                          MakeTensor<int64_t>({2}, {int64_t{1} << 40, int64_t{1} << 40})};
  EXPECT_EQ(RunEagerly(*node.op, overflowing, 1, options).status().message(),
            "shape [1099511627776, 1099511627776] has more elements than 63 bits can count");
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(Tile, RepeatsEachDimension) {
  const Tensor x = MakeTensor<float>({2, 2}, {0, 1, 2, 3});
  ExpectTensor<float>(OpTester("Tile").In(x).In<int64_t>({2}, {2, 2}).RunOne(), {4, 4},
                      {0, 1, 0, 1, 2, 3, 2, 3, 0, 1, 0, 1, 2, 3, 2, 3});
  ExpectTensor<float>(OpTester("Tile").In(x).In<int64_t>({2}, {0, 3}).RunOne(), {0, 6}, {});
}

TEST(Tile, OneAxisInOpset1) {
  ExpectTensor<float>(OpTester("Tile", 1)
                          .In<float>({2, 2}, {0, 1, 2, 3})
                          .In(MakeScalar<int64_t>(2))
                          .In(MakeScalar<int64_t>(1))
                          .RunOne(),
                      {2, 4}, {0, 1, 0, 1, 2, 3, 2, 3});
}

TEST(Tile, RefusesNegativeAndOverflowingRepeats) {
  const Tensor x = MakeTensor<float>({2}, {0, 1});
  EXPECT_EQ(OpTester("Tile").In(x).In<int64_t>({1}, {-1}).Error(), "input 1: -1 repeats of a dimension of 2");
  EXPECT_EQ(OpTester("Tile").In(x).In<int64_t>({1}, {std::numeric_limits<int64_t>::max()}).Error(),
            "input 1: 9223372036854775807 repeats of a dimension of 2");
  EXPECT_EQ(OpTester("Tile").In(x).In<int64_t>({2}, {1, 1}).Error(), "input 1: expected 1 repeats, got 2");
}

TEST(ConstantOfShape, FillsWithItsValue) {
  ExpectTensor<int64_t>(
      OpTester("ConstantOfShape").Attr("value", MakeTensor<int64_t>({1}, {-1})).In<int64_t>({2}, {2, 1}).RunOne(),
      {2, 1}, {-1, -1});
  ExpectTensor<float>(OpTester("ConstantOfShape").In<int64_t>({0}, {}).RunOne(), {}, {0});
  ExpectTensor<float>(OpTester("ConstantOfShape").In<int64_t>({1}, {0}).RunOne(), {0}, {});
  EXPECT_EQ(OpTester("ConstantOfShape").In<int64_t>({1}, {-1}).Error(), "shape [-1] has a negative dimension");
}

TEST(Constant, TakesEveryKindOfValue) {
  ExpectTensor<float>(OpTester("Constant", 1).Attr("value", MakeTensor<float>({2}, {1, 2})).RunOne(), {2}, {1, 2});
  ExpectTensor<int64_t>(OpTester("Constant", 12).Attr("value_int", 5).RunOne(), {}, {5});
  ExpectTensor<int64_t>(OpTester("Constant", 12).Ints("value_ints", {5, -6}).RunOne(), {2}, {5, -6});
  ExpectTensor<float>(OpTester("Constant", 12).Attr("value_float", 0.5).RunOne(), {}, {0.5f});
  ExpectTensor<float>(OpTester("Constant", 12).Floats("value_floats", {0.5f}).RunOne(), {1}, {0.5f});
  ExpectStrings(OpTester("Constant", 12).Attr("value_string", "s").RunOne(), {}, {"s"});
  ExpectStrings(OpTester("Constant", 12).Strings("value_strings", {"s", "t"}).RunOne(), {2}, {"s", "t"});
  EXPECT_EQ(OpTester("Constant", 11).Attr("value_int", 5).Error(),
            "node 'tested' (Constant): attribute 'value' is required, but missing");
}

}  // namespace
}  // namespace onedge::ops

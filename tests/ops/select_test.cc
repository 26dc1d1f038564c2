// Operators that select elements by their value: TopK, Unique, NonZero, Compress, OneHot.
#include "op_tester.h"

namespace onedge::ops {
namespace {

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();

TEST(TopK, LargestAndSmallestAlongAnAxis) {
  const Tensor x = MakeTensor<float>({3, 4}, {0, 1, 2, 3, 4, 5, 6, 7, 11, 10, 9, 8});
  auto y = OpTester("TopK", 11).In(x).In<int64_t>({1}, {3}).Outputs(2).Run();
  ExpectTensor<float>(y[0], {3, 3}, {3, 2, 1, 7, 6, 5, 11, 10, 9});
  ExpectTensor<int64_t>(y[1], {3, 3}, {3, 2, 1, 3, 2, 1, 0, 1, 2});
  y = OpTester("TopK", 11).Attr("axis", 0).Attr("largest", 0).In(x).In<int64_t>({1}, {1}).Outputs(2).Run();
  ExpectTensor<float>(y[0], {1, 4}, {0, 1, 2, 3});
  ExpectTensor<int64_t>(y[1], {1, 4}, {0, 0, 0, 0});
}

TEST(TopK, TheLowerIndexComesFirstAmongEquals) {
  auto y = OpTester("TopK", 11).In<float>({5}, {1, 0, -0.0f, 1, 1}).In<int64_t>({1}, {5}).Outputs(2).Run();
  ExpectTensor<int64_t>(y[1], {5}, {0, 3, 4, 1, 2});
}

TEST(TopK, OrdersExtremesOfEveryDtype) {
  auto y = OpTester("TopK", 11)
               .In<int64_t>({3}, {std::numeric_limits<int64_t>::min(), -1, std::numeric_limits<int64_t>::max()})
               .In<int64_t>({1}, {3})
               .Outputs(2)
               .Run();
  ExpectTensor<int64_t>(y[1], {3}, {2, 1, 0});
  y = OpTester("TopK", 11).In<uint64_t>({2}, {1, ~uint64_t{0}}).In<int64_t>({1}, {2}).Outputs(2).Run();
  ExpectTensor<int64_t>(y[1], {2}, {1, 0});
  y = OpTester("TopK", 11).In<float>({4}, {-INFINITY, INFINITY, kNan, -1}).In<int64_t>({1}, {4}).Outputs(2).Run();
  ExpectTensor<int64_t>(y[1], {4}, {2, 1, 3, 0});
  y = OpTester("TopK", 11).In(MakeFloat16({3}, {-2, 0.5f, 1})).In<int64_t>({1}, {2}).Outputs(2).Run();
  ExpectNear(y[0], {2}, {1, 0.5}, 0);
}

TEST(TopK, KIsAnAttributeBeforeOpset10) {
  auto y = OpTester("TopK", 1).Attr("k", 1).In<float>({1, 2}, {3, 4}).Outputs(2).Run();
  ExpectTensor<float>(y[0], {1, 1}, {4});
}

TEST(TopK, RefusesAKOutOfRange) {
  const auto error = [](int64_t k) {
    return OpTester("TopK", 11).In<float>({2}, {1, 2}).In<int64_t>({1}, {k}).Outputs(2).Error();
  };
  EXPECT_NE(error(3).find("k is 3"), std::string::npos);
  EXPECT_EQ(error(-1), "input 1: k is -1, but dimension 0 has size 2");
}

TEST(Unique, SortedWithIndicesInverseAndCounts) {
  const auto y = OpTester("Unique", 11).In<float>({6}, {2, 1, 1, 3, 4, 3}).Outputs(4).DataDependent().Run();
  ExpectTensor<float>(y[0], {4}, {1, 2, 3, 4});
  ExpectTensor<int64_t>(y[1], {4}, {1, 0, 3, 4});
  ExpectTensor<int64_t>(y[2], {6}, {1, 0, 0, 2, 3, 2});
  ExpectTensor<int64_t>(y[3], {4}, {2, 1, 2, 1});
}

TEST(Unique, InTheOrderOfFirstOccurrence) {
  const auto y =
      OpTester("Unique", 11).Attr("sorted", 0).In<float>({6}, {2, 1, 1, 3, 4, 3}).Outputs(4).DataDependent().Run();
  ExpectTensor<float>(y[0], {4}, {2, 1, 3, 4});
  ExpectTensor<int64_t>(y[1], {4}, {0, 1, 3, 4});
  ExpectTensor<int64_t>(y[2], {6}, {0, 1, 1, 2, 3, 2});
  ExpectTensor<int64_t>(y[3], {4}, {1, 2, 2, 1});
}

TEST(Unique, RowsAndColumns) {
  const Tensor x = MakeTensor<float>({3, 3}, {1, 0, 0, 1, 0, 0, 2, 3, 4});
  auto y = OpTester("Unique", 11).Attr("axis", 0).In(x).Outputs(4).DataDependent().Run();
  ExpectTensor<float>(y[0], {2, 3}, {1, 0, 0, 2, 3, 4});
  ExpectTensor<int64_t>(y[2], {3}, {0, 0, 1});
  const Tensor cube = MakeTensor<float>({2, 4, 2}, {1, 1, 0, 1, 2, 1, 0, 1, 1, 1, 0, 1, 2, 1, 0, 1});
  y = OpTester("Unique", 11).Attr("axis", 1).In(cube).Outputs(4).DataDependent().Run();
  ExpectTensor<float>(y[0], {2, 3, 2}, {0, 1, 1, 1, 2, 1, 0, 1, 1, 1, 2, 1});
  ExpectTensor<int64_t>(y[1], {3}, {1, 0, 2});
  ExpectTensor<int64_t>(y[2], {4}, {1, 0, 2, 0});
  ExpectTensor<int64_t>(y[3], {3}, {2, 1, 1});
}

TEST(Unique, StringsNanAndNothing) {
  ExpectStrings(OpTester("Unique", 11).In(MakeStrings({3}, {"b", "a", "b"})).DataDependent().RunOne(), {2}, {"a", "b"});
  ExpectTensor<float>(OpTester("Unique", 11).In<float>({3}, {kNan, 1, kNan}).DataDependent().RunOne(), {2}, {1, kNan});
  ExpectTensor<float>(OpTester("Unique", 11).In<float>({0}, {}).DataDependent().RunOne(), {0}, {});
}

TEST(NonZero, CoordinatesInRowMajorOrder) {
  ExpectTensor<int64_t>(OpTester("NonZero").In<float>({2, 2}, {1, 0, 1, 1}).DataDependent().RunOne(), {2, 3},
                        {0, 1, 1, 0, 0, 1});
  ExpectTensor<int64_t>(OpTester("NonZero").In<bool>({3}, {false, true, true}).DataDependent().RunOne(), {1, 2},
                        {1, 2});
}

TEST(NonZero, NegativeZeroIsZeroAndNanIsNot) {
  ExpectTensor<int64_t>(OpTester("NonZero").In<float>({3}, {-0.0f, kNan, -1}).DataDependent().RunOne(), {1, 2}, {1, 2});
  ExpectTensor<int64_t>(OpTester("NonZero").In(MakeFloat16({2}, {-0.0f, 1})).DataDependent().RunOne(), {1, 1}, {1});
  ExpectTensor<int64_t>(OpTester("NonZero").In(MakeScalar<int64_t>(5)).DataDependent().RunOne(), {0, 1}, {});
  ExpectTensor<int64_t>(
      OpTester("NonZero").In<int64_t>({2}, {std::numeric_limits<int64_t>::min(), 0}).DataDependent().RunOne(), {1, 1},
      {0});
}

TEST(Compress, AlongAnAxisOrFlattened) {
  const Tensor x = MakeTensor<float>({3, 2}, {1, 2, 3, 4, 5, 6});
  ExpectTensor<float>(
      OpTester("Compress").Attr("axis", 0).In(x).In<bool>({3}, {false, true, true}).DataDependent().RunOne(), {2, 2},
      {3, 4, 5, 6});
  ExpectTensor<float>(OpTester("Compress").Attr("axis", -1).In(x).In<bool>({2}, {false, true}).DataDependent().RunOne(),
                      {3, 1}, {2, 4, 6});
  ExpectTensor<float>(
      OpTester("Compress").In(x).In<bool>({5}, {false, true, false, false, true}).DataDependent().RunOne(), {2},
      {2, 5});
  EXPECT_EQ(OpTester("Compress").Attr("axis", 1).In(x).In<bool>({3}, {true, true, true}).DataDependent().Error(),
            "input 1: expected at most 2 bools, got bool [3]");
}

TEST(OneHot, PlacesTheOnValue) {
  const Tensor values = MakeTensor<int32_t>({2}, {1, 3});
  ExpectTensor<int32_t>(OpTester("OneHot").In<int64_t>({2}, {0, 2}).In(MakeScalar<int64_t>(3)).In(values).RunOne(),
                        {2, 3}, {3, 1, 1, 1, 1, 3});
  ExpectTensor<int32_t>(
      OpTester("OneHot").Attr("axis", 0).In<float>({2}, {0, 2}).In<float>({1}, {3}).In(values).RunOne(), {3, 2},
      {3, 1, 1, 1, 1, 3});
}

TEST(OneHot, NegativeIndicesSinceOpset11AndNothingOutside) {
  const Tensor values = MakeTensor<float>({2}, {0, 1});
  const auto run = [&](int64_t opset) {
    return OpTester("OneHot", opset).In<int64_t>({3}, {-1, 3, -4}).In(MakeScalar<int64_t>(3)).In(values).RunOne();
  };
  ExpectTensor<float>(run(11), {3, 3}, {0, 0, 1, 0, 0, 0, 0, 0, 0});
  ExpectTensor<float>(run(9), {3, 3}, std::vector<float>(9));
}

TEST(OneHot, RefusesADepthThatIsNone) {
  const Tensor values = MakeTensor<float>({2}, {0, 1});
  EXPECT_EQ(OpTester("OneHot").In<int64_t>({1}, {0}).In(MakeScalar<int64_t>(-1)).In(values).Error(),
            "input 1: a depth of -1");
  EXPECT_EQ(OpTester("OneHot").In<int64_t>({1}, {0}).In(MakeScalar(kNan)).In(values).Error(),
            "element 0 of float32 [] is not a 64-bit integer");
}

}  // namespace
}  // namespace onedge::ops

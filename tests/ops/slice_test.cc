#include "op_tester.h"

namespace onedge::ops {
namespace {

using Ints = std::vector<int64_t>;
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
constexpr int64_t kMin = std::numeric_limits<int64_t>::min();

OpTester Slice(const Tensor& x, const Ints& starts, const Ints& ends, const Ints& axes, const Ints& steps) {
  const Shape n = {static_cast<int64_t>(starts.size())};
  OpTester tester("Slice", 13);
  tester.In(x).In<int64_t>(n, starts).In<int64_t>(n, ends).In<int64_t>({static_cast<int64_t>(axes.size())}, axes);
  tester.In<int64_t>({static_cast<int64_t>(steps.size())}, steps);
  return tester;
}

const Tensor kX = MakeTensor<float>({2, 4}, {1, 2, 3, 4, 5, 6, 7, 8});
const Tensor kLine = MakeTensor<int32_t>({5}, {0, 1, 2, 3, 4});

TEST(Slice, RangesWithSteps) {
  ExpectTensor<float>(Slice(kX, {1, 0}, {2, 3}, {0, 1}, {1, 2}).RunOne(), {1, 2}, {5, 7});
  ExpectTensor<float>(Slice(kX, {0, 1}, {-1, 1000}, {0, 1}, {1, 1}).RunOne(), {1, 3}, {2, 3, 4});
}

TEST(Slice, DefaultAxesAndSteps) {
  ExpectTensor<float>(OpTester("Slice", 10).In(kX).In<int64_t>({1}, {1}).In<int64_t>({1}, {2}).RunOne(), {1, 4},
                      {5, 6, 7, 8});
  ExpectTensor<float>(
      OpTester("Slice", 13).In(kX).In<int32_t>({1}, {2}).In<int32_t>({1}, {4}).In<int32_t>({1}, {-1}).RunOne(), {2, 2},
      {3, 4, 7, 8});
}

TEST(Slice, NegativeStepsReverse) {
  ExpectTensor<int32_t>(Slice(kLine, {-1}, {kMin}, {0}, {-1}).RunOne(), {5}, {4, 3, 2, 1, 0});
  ExpectTensor<int32_t>(Slice(kLine, {3}, {0}, {0}, {-2}).RunOne(), {2}, {3, 1});
  ExpectTensor<int32_t>(Slice(kLine, {100}, {-6}, {0}, {-3}).RunOne(), {2}, {4, 1});
}

TEST(Slice, ExtremeBoundsAndStepsAreClamped) {
  ExpectTensor<int32_t>(Slice(kLine, {kMin}, {kMax}, {0}, {1}).RunOne(), {5}, {0, 1, 2, 3, 4});
  ExpectTensor<int32_t>(Slice(kLine, {1}, {kMax}, {0}, {kMax}).RunOne(), {1}, {1});
  ExpectTensor<int32_t>(Slice(kLine, {kMax}, {kMin}, {0}, {kMin}).RunOne(), {1}, {4});
  ExpectTensor<int32_t>(Slice(kLine, {4}, {2}, {0}, {1}).RunOne(), {0}, {});
  ExpectTensor<int32_t>(Slice(kLine, {1000}, {kMax}, {0}, {1}).RunOne(), {0}, {});
}

TEST(Slice, KeepsAnEmptyDimension) {
  ExpectTensor<float>(Slice(MakeTensor<float>({0, 2}, {}), {0}, {1}, {0}, {1}).RunOne(), {0, 2}, {});
  ExpectTensor<float>(Slice(MakeTensor<float>({0}, {}), {-1}, {kMin}, {0}, {-1}).RunOne(), {0}, {});
}

TEST(Slice, TakesAttributesInOpset1) {
  ExpectTensor<float>(OpTester("Slice", 1).Ints("starts", {0, 1}).Ints("ends", {1, -1}).In(kX).RunOne(), {1, 2},
                      {2, 3});
  ExpectTensor<float>(OpTester("Slice", 9).Ints("starts", {-2}).Ints("ends", {10}).Ints("axes", {1}).In(kX).RunOne(),
                      {2, 2}, {3, 4, 7, 8});
}

TEST(Slice, RefusesMalformedLists) {
  EXPECT_EQ(Slice(kLine, {0}, {1}, {0}, {0}).Error(), "steps: a step of 0");
  EXPECT_EQ(Slice(kLine, {0}, {1}, {1}, {1}).Error(), "axes: expected a value in [-1, 0] for rank 1, got 1");
  EXPECT_EQ(Slice(kLine, {0, 0}, {1, 1}, {0, 0}, {1, 1}).Error(), "axes: axis 0 is given twice");
  EXPECT_EQ(Slice(kX, {0, 0}, {1, 1}, {0}, {1}).Error(), "starts, ends, axes and steps differ in length: 2, 2, 1, 1");
}

TEST(Slice, CutsStrings) {
  ExpectStrings(Slice(MakeStrings({3}, {"a", "b", "c"}), {2}, {-10}, {0}, {-1}).RunOne(), {3}, {"c", "b", "a"});
}

}  // namespace
}  // namespace onedge::ops

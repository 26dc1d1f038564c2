// Reshape, Flatten, Squeeze and Unsqueeze: the same elements under another shape.
#include <numeric>

#include "op_tester.h"

namespace onedge::ops {
namespace {

Tensor Counting(const Shape& shape) {
  std::vector<float> values(static_cast<size_t>(shape.element_count()));
  std::iota(values.begin(), values.end(), 0.0f);
  return MakeTensor<float>(shape, values);
}

std::string Reshaped(const Shape& from, const std::vector<int64_t>& to, bool allow_zero = false) {
  OpTester tester("Reshape", 21);
  if (allow_zero) tester.Attr("allowzero", 1);
  const auto y = tester.In(Counting(from)).In<int64_t>({static_cast<int64_t>(to.size())}, to).TryRun();
  if (!y.ok()) return std::string(y.status().message());
  const Tensor x = Counting(from);
  EXPECT_EQ((*y)[0].tensor().byte_size(), x.byte_size());
  if (x.byte_size() > 0) EXPECT_EQ(std::memcmp((*y)[0].tensor().bytes(), x.bytes(), x.byte_size()), 0);
  return (*y)[0].tensor().shape().ToString();
}

TEST(Reshape, GivesTheAskedShape) {
  EXPECT_EQ(Reshaped({2, 3, 4}, {4, 2, 3}), "[4, 2, 3]");
  EXPECT_EQ(Reshaped({2, 3, 4}, {24}), "[24]");
  EXPECT_EQ(Reshaped({1, 1}, {}), "[]");
}

TEST(Reshape, InfersMinusOne) {
  EXPECT_EQ(Reshaped({2, 3, 4}, {2, -1, 2}), "[2, 6, 2]");
  EXPECT_EQ(Reshaped({2, 3, 4}, {-1, 2, 3, 4}), "[1, 2, 3, 4]");
}

TEST(Reshape, ZeroCopiesTheInputsSize) {
  EXPECT_EQ(Reshaped({2, 3, 4}, {2, 0, 4, 1}), "[2, 3, 4, 1]");
  EXPECT_EQ(Reshaped({2, 3, 4}, {2, 0, 1, -1}), "[2, 3, 1, 4]");
  EXPECT_EQ(Reshaped({0, 3}, {0, -1}), "[0, 3]");
}

TEST(Reshape, ZeroIsASizeWithAllowZero) { EXPECT_EQ(Reshaped({0, 3, 4}, {3, 4, 0}, true), "[3, 4, 0]"); }

TEST(Reshape, RefusesWhatDoesNotFit) {
  EXPECT_EQ(Reshaped({2, 3}, {4, 2}), "cannot reshape [2, 3] to [4, 2]: 6 elements against 8");
  EXPECT_EQ(Reshaped({2, 3}, {4, -1}), "cannot reshape [2, 3] to [4, -1]: no size for the -1 fits");
  EXPECT_EQ(Reshaped({2, 3}, {-1, -1}), "shape [-1, -1]: more than one -1");
  EXPECT_EQ(Reshaped({2, 3}, {-2, -3}), "shape [-2, -3]: -2 is not a size");
  EXPECT_EQ(Reshaped({6}, {1, 0}), "shape [1, 0]: its 0 in dimension 1 has no counterpart in the input's shape [6]");
  EXPECT_NE(Reshaped({2, 3}, {int64_t{1} << 62, 8}), "[6]");
}

TEST(Reshape, TakesAnAttributeInOpset1) {
  ExpectTensor<float>(OpTester("Reshape", 1).Ints("shape", {3, -1}).In(Counting({2, 3})).RunOne(), {3, 2},
                      {0, 1, 2, 3, 4, 5});
}

TEST(Flatten, SplitsAtTheAxis) {
  const auto shape_of = [](int64_t axis) {
    return OpTester("Flatten", 21).Attr("axis", axis).In(Counting({2, 3, 4, 5})).RunOne().tensor().shape().ToString();
  };
  EXPECT_EQ(shape_of(0), "[1, 120]");
  EXPECT_EQ(shape_of(2), "[6, 20]");
  EXPECT_EQ(shape_of(4), "[120, 1]");
  EXPECT_EQ(shape_of(-1), "[24, 5]");
  EXPECT_EQ(OpTester("Flatten").Attr("axis", 5).In(Counting({2, 3, 4, 5})).Error(),
            "attribute 'axis': expected a value in [-4, 3] for rank 4, got 5");
}

TEST(Squeeze, RemovesTheAxes) {
  ExpectTensor<float>(OpTester("Squeeze", 13).In(Counting({1, 3, 1, 2})).In<int64_t>({1}, {-2}).RunOne(), {1, 3, 2},
                      {0, 1, 2, 3, 4, 5});
  ExpectTensor<float>(OpTester("Squeeze", 11).Ints("axes", {0, 2}).In(Counting({1, 3, 1, 2})).RunOne(), {3, 2},
                      {0, 1, 2, 3, 4, 5});
}

TEST(Squeeze, WithoutAxesRemovesEveryOne) {
  ExpectTensor<float>(OpTester("Squeeze", 13).In(Counting({1, 3, 1, 2})).RunOne(), {3, 2}, {0, 1, 2, 3, 4, 5});
}

TEST(Squeeze, RefusesAnAxisLargerThanOne) {
  EXPECT_EQ(OpTester("Squeeze", 13).In(Counting({1, 3})).In<int64_t>({1}, {1}).Error(),
            "axes: dimension 1 has size 3, only size 1 can be removed");
}

TEST(Unsqueeze, AxesCountInTheOutput) {
  ExpectTensor<float>(OpTester("Unsqueeze", 13).In(Counting({2, 3})).In<int64_t>({3}, {4, 0, 2}).RunOne(),
                      {1, 2, 1, 3, 1}, {0, 1, 2, 3, 4, 5});
  ExpectTensor<float>(OpTester("Unsqueeze", 11).Ints("axes", {-1}).In(Counting({2})).RunOne(), {2, 1}, {0, 1});
  ExpectTensor<float>(OpTester("Unsqueeze", 13).In(MakeScalar(7.0f)).In<int64_t>({1}, {0}).RunOne(), {1}, {7});
}

TEST(Unsqueeze, RefusesAnAxisGivenTwice) {
  EXPECT_EQ(OpTester("Unsqueeze", 13).In(Counting({2})).In<int64_t>({2}, {0, -3}).Error(),
            "axes: axis 0 is given twice");
}

}  // namespace
}  // namespace onedge::ops

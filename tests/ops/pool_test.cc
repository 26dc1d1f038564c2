// Poolings: windows, padding, ceil_mode, indices. Expected values are computed by hand.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

const std::vector<float> kGrid = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};  // [4, 4]

TEST(MaxPool, TakesTheLargestUnderTheWindow) {
  ExpectTensor<float>(OpTester("MaxPool", 12)
                          .Ints("kernel_shape", {2, 2})
                          .Ints("strides", {2, 2})
                          .In<float>({1, 1, 4, 4}, kGrid)
                          .RunOne(),
                      {1, 1, 2, 2}, {6, 8, 14, 16});
}

TEST(MaxPool, ReportsIndicesInRowOrColumnOrder) {
  auto outputs = OpTester("MaxPool", 12)
                     .Ints("kernel_shape", {2, 2})
                     .Ints("strides", {2, 2})
                     .Outputs(2)
                     .In<float>({1, 1, 4, 4}, kGrid)
                     .Run();
  ExpectTensor<int64_t>(outputs[1], {1, 1, 2, 2}, {5, 7, 13, 15});
  outputs = OpTester("MaxPool", 12)
                .Ints("kernel_shape", {2, 2})
                .Ints("strides", {2, 2})
                .Attr("storage_order", 1)
                .Outputs(2)
                .In<float>({1, 1, 4, 4}, kGrid)
                .Run();
  ExpectTensor<int64_t>(outputs[1], {1, 1, 2, 2}, {5, 13, 7, 15});
}

TEST(MaxPool, RoundsUpInCeilModeButStartsNoWindowInThePadding) {
  ExpectTensor<float>(OpTester("MaxPool", 12)
                          .Ints("kernel_shape", {2})
                          .Ints("strides", {2})
                          .Attr("ceil_mode", 1)
                          .In<float>({1, 1, 5}, {1, 2, 3, 4, 5})
                          .RunOne(),
                      {1, 1, 3}, {2, 4, 5});
  ExpectTensor<float>(OpTester("MaxPool", 12)
                          .Ints("kernel_shape", {1})
                          .Ints("strides", {2})
                          .Attr("ceil_mode", 1)
                          .In<float>({1, 1, 2}, {1, 2})
                          .RunOne(),
                      {1, 1, 1}, {1});
}

TEST(MaxPool, SkipsThePaddingAndDilates) {
  ExpectTensor<float>(OpTester("MaxPool", 12)
                          .Ints("kernel_shape", {2})
                          .Ints("pads", {1, 1})
                          .In<float>({1, 1, 3}, {-5, -7, -6})
                          .RunOne(),
                      {1, 1, 4}, {-5, -5, -6, -6});
  ExpectTensor<float>(OpTester("MaxPool", 12)
                          .Ints("kernel_shape", {2})
                          .Ints("dilations", {2})
                          .In<float>({1, 1, 4}, {4, 3, 2, 9})
                          .RunOne(),
                      {1, 1, 2}, {4, 9});
}

TEST(MaxPool, PoolsBytes) {
  ExpectTensor<int8_t>(
      OpTester("MaxPool", 12).Ints("kernel_shape", {2}).In<int8_t>({1, 1, 3}, {-128, -3, -100}).RunOne(), {1, 1, 2},
      {-3, -3});
  ExpectTensor<uint8_t>(OpTester("MaxPool", 12).Ints("kernel_shape", {2}).In<uint8_t>({1, 1, 3}, {0, 200, 3}).RunOne(),
                        {1, 1, 2}, {200, 200});
}

TEST(MaxPool, LetsNaNThrough) {
  const float nan = std::nanf("");
  ExpectTensor<float>(OpTester("MaxPool", 12).Ints("kernel_shape", {2}).In<float>({1, 1, 3}, {nan, 1, 2}).RunOne(),
                      {1, 1, 2}, {nan, 2});
}

TEST(AveragePool, CountsThePaddingOnlyWhenAsked) {
  const std::vector<float> x = {2, 4, 6};
  ExpectTensor<float>(
      OpTester("AveragePool", 11).Ints("kernel_shape", {2}).Ints("pads", {1, 1}).In<float>({1, 1, 3}, x).RunOne(),
      {1, 1, 4}, {2, 3, 5, 6});
  ExpectTensor<float>(OpTester("AveragePool", 11)
                          .Ints("kernel_shape", {2})
                          .Ints("pads", {1, 1})
                          .Attr("count_include_pad", 1)
                          .In<float>({1, 1, 3}, x)
                          .RunOne(),
                      {1, 1, 4}, {1, 3, 5, 3});
}

TEST(AveragePool, NeverCountsWhatCeilModeAdds) {
  ExpectTensor<float>(OpTester("AveragePool", 11)
                          .Ints("kernel_shape", {2})
                          .Ints("strides", {2})
                          .Attr("ceil_mode", 1)
                          .Attr("count_include_pad", 1)
                          .In<float>({1, 1, 3}, {2, 4, 6})
                          .RunOne(),
                      {1, 1, 2}, {3, 6});
}

TEST(LpPool, TakesThePNorm) {
  ExpectNear(OpTester("LpPool", 18).Ints("kernel_shape", {2}).In<float>({1, 1, 3}, {3, -4, 1}).RunOne(), {1, 1, 2},
             {5, std::sqrt(17.0)}, 1e-6);
  ExpectNear(OpTester("LpPool", 18).Attr("p", 3).Ints("kernel_shape", {2}).In<float>({1, 1, 3}, {3, -4, 1}).RunOne(),
             {1, 1, 2}, {std::cbrt(91.0), std::cbrt(65.0)}, 1e-6);
}

TEST(GlobalPools, ReduceEachChannel) {
  const std::vector<float> x = {1, 2, 3, 6, -1, -2, -3, -7};
  ExpectTensor<float>(OpTester("GlobalAveragePool").In<float>({1, 2, 2, 2}, x).RunOne(), {1, 2, 1, 1}, {3, -3.25});
  ExpectTensor<float>(OpTester("GlobalMaxPool").In<float>({1, 2, 2, 2}, x).RunOne(), {1, 2, 1, 1}, {6, -1});
  ExpectNear(OpTester("GlobalLpPool").Attr("p", 1).In<float>({1, 2, 2, 2}, x).RunOne(), {1, 2, 1, 1}, {12, 13}, 1e-6);
  ExpectNear(OpTester("GlobalLpPool").In<double>({1, 2, 2, 2}, {1, 2, 3, 6, -1, -2, -3, -7}).RunOne(), {1, 2, 1, 1},
             {std::sqrt(50.0), std::sqrt(63.0)}, 1e-6);
}

TEST(Pools, RefuseHostileAttributes) {
  EXPECT_EQ(OpTester("MaxPool", 12).In<float>({1, 1, 3}, {1, 2, 3}).Error(),
            "node 'tested' (MaxPool): attribute 'kernel_shape' is required, but missing");
  EXPECT_EQ(OpTester("MaxPool", 12).Ints("kernel_shape", {0}).In<float>({1, 1, 3}, {1, 2, 3}).Error(),
            "node 'tested' (MaxPool): attribute 'kernel_shape': expected values in [1, 2^31), got 0");
  EXPECT_EQ(OpTester("MaxPool", 12).Ints("kernel_shape", {9}).In<float>({1, 1, 3}, {1, 2, 3}).Error(),
            "spatial dimension 0: a window of extent 9 does not fit the padded input of 3");
  EXPECT_EQ(OpTester("AveragePool", 12)
                .Ints("kernel_shape", {2})
                .Ints("strides", {0})
                .In<float>({1, 1, 3}, {1, 2, 3})
                .Error(),
            "node 'tested' (AveragePool): attribute 'strides': expected values in [1, 2^31), got 0");
  EXPECT_EQ(OpTester("MaxPool", 12)
                .Ints("kernel_shape", {1})
                .Ints("pads", {1ll << 31, 0})
                .In<float>({1, 1, 3}, {1, 2, 3})
                .Error(),
            "node 'tested' (MaxPool): attribute 'pads': expected values in [0, 2^31), got 2147483648");
  EXPECT_EQ(OpTester("GlobalMaxPool").In<float>({3}, {1, 2, 3}).Error(),
            "input 0: expected [N, C, spatial dimensions...], got 1 dimensions");
}

}  // namespace
}  // namespace onedge::ops

// MaxUnpool, RoiAlign, MaxRoiPool, DeformConv, NonMaxSuppression. Expected values are computed by hand.
#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

TEST(MaxUnpool, UndoesMaxPool) {
  ExpectTensor<float>(OpTester("MaxUnpool", 11)
                          .Ints("kernel_shape", {2, 2})
                          .Ints("strides", {2, 2})
                          .In<float>({1, 1, 1, 2}, {6, 8})
                          .In<int64_t>({1, 1, 1, 2}, {5, 3})
                          .RunOne(),
                      {1, 1, 2, 4}, {0, 0, 0, 8, 0, 6, 0, 0});
  ExpectTensor<float>(OpTester("MaxUnpool", 11)
                          .Ints("kernel_shape", {2})
                          .Ints("strides", {2})
                          .In<float>({1, 1, 1}, {6})
                          .In<int64_t>({1, 1, 1}, {1})
                          .In<int64_t>({3}, {1, 1, 3})
                          .RunOne(),
                      {1, 1, 3}, {0, 6, 0});
  EXPECT_EQ(
      OpTester("MaxUnpool", 11).Ints("kernel_shape", {2}).In<float>({1, 1, 1}, {6}).In<int64_t>({1, 1, 1}, {2}).Error(),
      "input 1: expected indices in [0, 2), got 2");
  EXPECT_EQ(OpTester("MaxUnpool", 11)
                .Ints("kernel_shape", {2})
                .In<float>({1, 1, 1}, {6})
                .In<int64_t>({1, 1, 1}, {-1})
                .Error(),
            "input 1: expected indices in [0, 2), got -1");
}

TEST(RoiAlign, SamplesBetweenPixels) {
  // f(y, x) = 10 y + x is linear: the mean of a bin is its value at the centre.
  std::vector<float> x;
  for (int i = 0; i < 6; ++i)
    for (int j = 0; j < 6; ++j) x.push_back(static_cast<float>(10 * i + j));
  ExpectNear(OpTester("RoiAlign", 16)
                 .Attr("output_height", 2)
                 .Attr("output_width", 2)
                 .Attr("sampling_ratio", 2)
                 .In<float>({1, 1, 6, 6}, x)
                 .In<float>({1, 4}, {1.5, 1.5, 3.5, 3.5})
                 .In<int64_t>({1}, {0})
                 .RunOne(),
             {1, 1, 2, 2}, {16.5, 17.5, 26.5, 27.5}, 1e-5);
  EXPECT_EQ(OpTester("RoiAlign", 16)
                .In<float>({1, 1, 6, 6}, x)
                .In<float>({1, 4}, {0, 0, 1e30f, 1e30f})
                .In<int64_t>({1}, {0})
                .Error(),
            "input 1: a region of 1.0000000150474662e+30 by 1.0000000150474662e+30 elements is too large to sample");
  EXPECT_EQ(
      OpTester("RoiAlign", 16).In<float>({1, 1, 6, 6}, x).In<float>({1, 4}, {0, 0, 1, 1}).In<int64_t>({1}, {1}).Error(),
      "input 2: expected indices in [0, 1), got 1");
}

TEST(MaxRoiPool, TakesTheLargestOfEachBin) {
  std::vector<float> x;
  for (int i = 0; i < 16; ++i) x.push_back(static_cast<float>(i));
  ExpectTensor<float>(OpTester("MaxRoiPool", 1)
                          .Ints("pooled_shape", {2, 2})
                          .In<float>({1, 1, 4, 4}, x)
                          .In<float>({1, 5}, {0, 0, 0, 3, 3})
                          .RunOne(),
                      {1, 1, 2, 2}, {5, 7, 13, 15});
  EXPECT_EQ(OpTester("MaxRoiPool", 1)
                .Ints("pooled_shape", {2, 2})
                .In<float>({1, 1, 4, 4}, x)
                .In<float>({1, 5}, {1, 0, 0, 3, 3})
                .Error(),
            "input 1: expected a batch index in [0, 1), got 1");
}

TEST(DeformConv, IsConvWhereNothingMoves) {
  RandomTensors random(5);
  const auto x = random.Floats(2 * 4 * 5 * 5), w = random.Floats(4 * 2 * 3 * 3), bias = random.Floats(4);
  const Value expected = OpTester("Conv", 11)
                             .Attr("group", 2)
                             .Ints("pads", {1, 0, 1, 0})
                             .Ints("strides", {2, 1})
                             .In<float>({2, 4, 5, 5}, x)
                             .In<float>({4, 2, 3, 3}, w)
                             .In<float>({4}, bias)
                             .RunOne();
  const Value y = OpTester("DeformConv", 19)
                      .Attr("group", 2)
                      .Attr("offset_group", 2)
                      .Ints("pads", {1, 0, 1, 0})
                      .Ints("strides", {2, 1})
                      .In<float>({2, 4, 5, 5}, x)
                      .In<float>({4, 2, 3, 3}, w)
                      .In<float>({2, 36, 3, 3}, std::vector<float>(2 * 36 * 9))
                      .In<float>({4}, bias)
                      .RunOne();
  const auto values = expected.tensor().values<float>();
  ExpectNear(y, {2, 4, 3, 3}, std::vector<double>(values.begin(), values.end()), 1e-6);
}

TEST(DeformConv, ReadsAtItsOffsetsUnderItsMask) {
  // One tap, moved by (0.5, 1): rows averaged, next column, half masked.
  ExpectTensor<float>(OpTester("DeformConv", 19)
                          .In<float>({1, 1, 2, 2}, {1, 2, 3, 4})
                          .In<float>({1, 1, 1, 1}, {1})
                          .In<float>({1, 2, 2, 2}, {0.5, 0.5, 0.5, 0.5, 1, 1, 1, 1})
                          .Omit()
                          .In<float>({1, 1, 2, 2}, {1, 1, 0.5, 1})
                          .RunOne(),
                      {1, 1, 2, 2}, {3, 0, 1, 0});
}

TEST(NonMaxSuppression, DropsOverlapsAndLowScores) {
  // The boxes of the ONNX specification.
  const std::vector<float> boxes = {0, 0,  1, 1,  0, 0.1f,  1, 1.1f,  0, -0.1f, 1, 0.9f,
                                    0, 10, 1, 11, 0, 10.1f, 1, 11.1f, 0, 100,   1, 101};
  const auto run = [&](int64_t most, float iou, float score) {
    return OpTester("NonMaxSuppression", 11)
        .DataDependent()
        .In<float>({1, 6, 4}, boxes)
        .In<float>({1, 1, 6}, {0.9f, 0.75f, 0.6f, 0.95f, 0.5f, 0.3f})
        .In<int64_t>({1}, {most})
        .In<float>({1}, {iou})
        .In<float>({1}, {score})
        .RunOne();
  };
  ExpectTensor<int64_t>(run(3, 0.5f, 0), {3, 3}, {0, 0, 3, 0, 0, 0, 0, 0, 5});
  ExpectTensor<int64_t>(run(3, 0.5f, 0.4f), {2, 3}, {0, 0, 3, 0, 0, 0});
  ExpectTensor<int64_t>(run(1, 0.5f, 0), {1, 3}, {0, 0, 3});
  ExpectTensor<int64_t>(run(0, 0.5f, 0), {0, 3}, {});
}

}  // namespace
}  // namespace onedge::ops

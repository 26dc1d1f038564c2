// Trilu, EyeLike, ReverseSequence, DepthToSpace, SpaceToDepth, CenterCropPad and Col2Im.
#include <numeric>

#include "op_tester.h"

namespace onedge::ops {
namespace {

Tensor Counting(const Shape& shape, int64_t first = 0) {
  std::vector<int64_t> values(static_cast<size_t>(shape.element_count()));
  std::iota(values.begin(), values.end(), first);
  return MakeTensor<int64_t>(shape, values);
}

TEST(Trilu, UpperAndLowerTriangles) {
  const Tensor x = Counting({3, 3}, 1);
  ExpectTensor<int64_t>(OpTester("Trilu").In(x).RunOne(), {3, 3}, {1, 2, 3, 0, 5, 6, 0, 0, 9});
  ExpectTensor<int64_t>(OpTester("Trilu").Attr("upper", 0).In(x).RunOne(), {3, 3}, {1, 0, 0, 4, 5, 0, 7, 8, 9});
}

TEST(Trilu, OtherDiagonalsAndBatches) {
  const Tensor x = Counting({2, 2, 3}, 1);
  ExpectTensor<int64_t>(OpTester("Trilu").In(x).In(MakeScalar<int64_t>(1)).RunOne(), {2, 2, 3},
                        {0, 2, 3, 0, 0, 6, 0, 8, 9, 0, 0, 12});
  ExpectTensor<int64_t>(OpTester("Trilu").Attr("upper", 0).In(x).In<int64_t>({1}, {-1}).RunOne(), {2, 2, 3},
                        {0, 0, 0, 4, 0, 0, 0, 0, 0, 10, 0, 0});
  for (int64_t k : {std::numeric_limits<int64_t>::min(), int64_t{-5}}) {
    ExpectTensor<int64_t>(OpTester("Trilu").In(Counting({2, 2}, 1)).In(MakeScalar(k)).RunOne(), {2, 2}, {1, 2, 3, 4});
  }
  ExpectTensor<int64_t>(
      OpTester("Trilu").In(Counting({2, 2}, 1)).In(MakeScalar(std::numeric_limits<int64_t>::max())).RunOne(), {2, 2},
      {0, 0, 0, 0});
  ExpectTensor<int64_t>(OpTester("Trilu").In(Counting({3, 0})).RunOne(), {3, 0}, {});
  EXPECT_EQ(OpTester("Trilu").In(Counting({3})).Error(), "input 0: expected at least rank 2, got rank 1");
}

TEST(EyeLike, DiagonalAndDtype) {
  ExpectTensor<int64_t>(OpTester("EyeLike").In(Counting({2, 3})).RunOne(), {2, 3}, {1, 0, 0, 0, 1, 0});
  ExpectTensor<float>(OpTester("EyeLike").Attr("dtype", DType::kFloat32).Attr("k", 1).In(Counting({2, 3})).RunOne(),
                      {2, 3}, {0, 1, 0, 0, 0, 1});
  ExpectTensor<int64_t>(OpTester("EyeLike").Attr("k", -1).In(Counting({2, 2})).RunOne(), {2, 2}, {0, 0, 1, 0});
  EXPECT_EQ(OpTester("EyeLike").In(Counting({2})).Error(), "input 0: expected rank 2, got rank 1");
}

TEST(ReverseSequence, ReversesEachEntrysOwnLength) {
  const Tensor x = Counting({4, 4});
  ExpectTensor<int64_t>(OpTester("ReverseSequence")
                            .Attr("time_axis", 0)
                            .Attr("batch_axis", 1)
                            .In(x)
                            .In<int64_t>({4}, {4, 3, 2, 1})
                            .RunOne(),
                        {4, 4}, {12, 9, 6, 3, 8, 5, 2, 7, 4, 1, 10, 11, 0, 13, 14, 15});
  ExpectTensor<int64_t>(OpTester("ReverseSequence")
                            .Attr("time_axis", 1)
                            .Attr("batch_axis", 0)
                            .In(x)
                            .In<int64_t>({4}, {1, 2, 3, 4})
                            .RunOne(),
                        {4, 4}, {0, 1, 2, 3, 5, 4, 6, 7, 10, 9, 8, 11, 15, 14, 13, 12});
  EXPECT_EQ(OpTester("ReverseSequence").In(x).In<int64_t>({4}, {5, 0, 0, 0}).Error(),
            "input 1: length 5 is not in [0, 4]");
}

TEST(DepthToSpace, MovesBlocksInBothModes) {
  // Values of the ONNX specification's examples: [1, 8, 2, 3], where channel c holds 9 * c + {0, 1,
  // 2, 3, 4, 5}.
  std::vector<int64_t> values;
  for (int64_t c = 0; c < 8; ++c) {
    for (int64_t i = 0; i < 6; ++i) values.push_back(9 * c + i);
  }
  const Tensor x = MakeTensor<int64_t>({1, 8, 2, 3}, values);
  ExpectTensor<int64_t>(
      OpTester("DepthToSpace", 11).Attr("blocksize", 2).In(x).RunOne(), {1, 2, 4, 6},
      {0, 18, 1,  19, 2,  20, 36, 54, 37, 55, 38, 56, 3,  21, 4,  22, 5,  23, 39, 57, 40, 58, 41, 59,
       9, 27, 10, 28, 11, 29, 45, 63, 46, 64, 47, 65, 12, 30, 13, 31, 14, 32, 48, 66, 49, 67, 50, 68});
  ExpectTensor<int64_t>(
      OpTester("DepthToSpace", 11).Attr("blocksize", 2).Attr("mode", "CRD").In(x).RunOne(), {1, 2, 4, 6},
      {0,  9,  1,  10, 2,  11, 18, 27, 19, 28, 20, 29, 3,  12, 4,  13, 5,  14, 21, 30, 22, 31, 23, 32,
       36, 45, 37, 46, 38, 47, 54, 63, 55, 64, 56, 65, 39, 48, 40, 49, 41, 50, 57, 66, 58, 67, 59, 68});
  EXPECT_EQ(OpTester("DepthToSpace", 11).Attr("blocksize", 3).In(x).Error(),
            "input 0: channels 8 is not a multiple of 9");
  EXPECT_EQ(OpTester("DepthToSpace", 11).Attr("blocksize", 0).In(x).Error(),
            "node 'tested' (DepthToSpace): attribute 'blocksize': 0");
}

TEST(SpaceToDepth, UndoesDepthToSpace) {
  const Tensor x = Counting({2, 8, 2, 3});
  const Value wide = OpTester("DepthToSpace", 13).Attr("blocksize", 2).In(x).RunOne();
  const auto values = x.values<int64_t>();
  ExpectTensor<int64_t>(OpTester("SpaceToDepth").Attr("blocksize", 2).In(wide).RunOne(), {2, 8, 2, 3},
                        {values.begin(), values.end()});
  ExpectTensor<int64_t>(OpTester("SpaceToDepth").Attr("blocksize", 2).In(Counting({1, 1, 2, 4})).RunOne(), {1, 4, 1, 2},
                        {0, 2, 1, 3, 4, 6, 5, 7});
  EXPECT_EQ(OpTester("SpaceToDepth").Attr("blocksize", 2).In(Counting({1, 1, 3, 4})).Error(),
            "input 0: height 3 is not a multiple of 2");
}

// [1, 2, 1, 8], where pixel p has the channels 10 * p + {0, ..., 7}: the same moves as with channels first.
TEST(DepthToSpace, ChannelsLast) {
  std::vector<int64_t> values;
  for (int64_t p = 0; p < 2; ++p) {
    for (int64_t c = 0; c < 8; ++c) values.push_back(10 * p + c);
  }
  const Tensor x = MakeTensor<int64_t>({1, 2, 1, 8}, values);
  const auto tester = [](const char* op) { return OpTester(op, 1, "onedge").Attr("blocksize", 2); };
  const Value wide = tester("NhwcDepthToSpace").In(x).RunOne();
  ExpectTensor<int64_t>(wide, {1, 4, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17});
  ExpectTensor<int64_t>(tester("NhwcDepthToSpace").Attr("mode", "CRD").In(x).RunOne(), {1, 4, 2, 2},
                        {0, 4, 1, 5, 2, 6, 3, 7, 10, 14, 11, 15, 12, 16, 13, 17});
  ExpectTensor<int64_t>(tester("NhwcSpaceToDepth").In(wide).RunOne(), {1, 2, 1, 8}, values);
  EXPECT_EQ(tester("NhwcDepthToSpace").In(Counting({1, 2, 2, 3})).Error(),
            "input 0: channels 3 is not a multiple of 4");
}

TEST(CenterCropPad, CropsAndPadsEvenly) {
  ExpectTensor<int64_t>(OpTester("CenterCropPad").In(Counting({5})).In<int64_t>({1}, {2}).RunOne(), {2}, {1, 2});
  ExpectTensor<int64_t>(OpTester("CenterCropPad").In(Counting({2}, 1)).In<int64_t>({1}, {5}).RunOne(), {5},
                        {0, 1, 2, 0, 0});
  ExpectTensor<int64_t>(
      OpTester("CenterCropPad").Ints("axes", {-1}).In(Counting({2, 2}, 1)).In<int64_t>({1}, {1}).RunOne(), {2, 1},
      {1, 3});
  EXPECT_EQ(OpTester("CenterCropPad").In(Counting({5})).In<int64_t>({1}, {-2}).Error(),
            "shape [-2] has a negative dimension");
}

TEST(Col2Im, AddsOverlappingBlocks) {
  // One channel, blocks of 1 x 2 over an image of 1 x 3: the middle pixel is in both.
  ExpectTensor<float>(OpTester("Col2Im", 18)
                          .In<float>({1, 2, 2}, {1, 2, 3, 4})
                          .In<int64_t>({2}, {1, 3})
                          .In<int64_t>({2}, {1, 2})
                          .RunOne(),
                      {1, 1, 1, 3}, {1, 5, 4});
  EXPECT_EQ(OpTester("Col2Im", 18)
                .In<float>({1, 2, 3}, {1, 2, 3, 4, 5, 6})
                .In<int64_t>({2}, {1, 3})
                .In<int64_t>({2}, {1, 2})
                .Error(),
            "input 0: expected [batch, n * 2, 2], got float32 [1, 2, 3]");
  EXPECT_EQ(OpTester("Col2Im", 18)
                .Ints("strides", {0, 0})
                .In<float>({1, 2, 2}, {1, 2, 3, 4})
                .In<int64_t>({2}, {1, 3})
                .In<int64_t>({2}, {1, 2})
                .Error(),
            "dimension 0: a size of 0");
}

}  // namespace
}  // namespace onedge::ops

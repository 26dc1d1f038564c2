// Concat and Split, which invert each other.
#include "op_tester.h"

namespace onedge::ops {
namespace {

TEST(Concat, JoinsAlongAnyAxis) {
  const Tensor a = MakeTensor<float>({2, 2}, {1, 2, 3, 4});
  const Tensor b = MakeTensor<float>({2, 2}, {5, 6, 7, 8});
  ExpectTensor<float>(OpTester("Concat").Attr("axis", 0).In(a).In(b).RunOne(), {4, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  ExpectTensor<float>(OpTester("Concat").Attr("axis", -1).In(a).In(b).RunOne(), {2, 4}, {1, 2, 5, 6, 3, 4, 7, 8});
  ExpectTensor<float>(OpTester("Concat", 1).In(a).In(b).RunOne(), {2, 4}, {1, 2, 5, 6, 3, 4, 7, 8});
}

TEST(Concat, TakesOneInputAndEmptyOnes) {
  ExpectTensor<int64_t>(OpTester("Concat").Attr("axis", 0).In<int64_t>({2}, {1, 2}).RunOne(), {2}, {1, 2});
  ExpectTensor<int64_t>(
      OpTester("Concat").Attr("axis", 0).In<int64_t>({0}, {}).In<int64_t>({2}, {1, 2}).In<int64_t>({0}, {}).RunOne(),
      {2}, {1, 2});
}

TEST(Concat, StringsAndPackedTypes) {
  ExpectStrings(
      OpTester("Concat").Attr("axis", 0).In(MakeStrings({1}, {"x"})).In(MakeStrings({2}, {"y", "z"})).RunOne(), {3},
      {"x", "y", "z"});
  // Odd element counts: the second part starts in the middle of a byte.
  const Value y = OpTester("Concat")
                      .Attr("axis", 0)
                      .In(MakeRaw(DType::kUint4, {3}, {0x21, 0x03}))
                      .In(MakeRaw(DType::kUint4, {2}, {0x54}))
                      .RunOne();
  EXPECT_EQ((std::vector<uint8_t>(y.tensor().bytes(), y.tensor().bytes() + 3)),
            (std::vector<uint8_t>{0x21, 0x43, 0x05}));
}

TEST(Concat, RefusesOtherSizes) {
  EXPECT_EQ(OpTester("Concat").Attr("axis", 0).In<float>({1, 2}, {1, 2}).In<float>({1, 3}, {1, 2, 3}).Error(),
            "input 1, dimension 1: expected 2, got 3");
  EXPECT_EQ(OpTester("Concat").Attr("axis", 0).In<float>({2}, {1, 2}).In<int64_t>({2}, {1, 2}).Error(),
            "input 1: int64 [2] cannot be joined with float32 [2] along dimension 0");
  EXPECT_NE(OpTester("Concat").In<float>({2}, {1, 2}).Error().find("'axis' is required"), std::string::npos);
}

TEST(Split, CutsEqualParts) {
  const auto parts = OpTester("Split", 13).In<float>({6}, {1, 2, 3, 4, 5, 6}).Outputs(3).Run();
  ExpectTensor<float>(parts[0], {2}, {1, 2});
  ExpectTensor<float>(parts[1], {2}, {3, 4});
  ExpectTensor<float>(parts[2], {2}, {5, 6});
  EXPECT_EQ(OpTester("Split", 13).In<float>({5}, {1, 2, 3, 4, 5}).Outputs(2).Error(),
            "a dimension of size 5 cannot be split into 2 equal parts");
}

TEST(Split, TheLastPartIsSmallerSinceOpset18) {
  const auto parts =
      OpTester("Split", 18).Attr("num_outputs", 4).In<float>({7}, {1, 2, 3, 4, 5, 6, 7}).Outputs(4).Run();
  ExpectTensor<float>(parts[0], {2}, {1, 2});
  ExpectTensor<float>(parts[3], {1}, {7});
}

TEST(Split, GivenSizesOfEveryOpset) {
  const Tensor x = MakeTensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor sizes = MakeTensor<int64_t>({2}, {1, 2});
  for (int64_t opset : {1, 2, 11, 13, 18}) {
    OpTester tester("Split", opset);
    tester.Attr("axis", 1).In(x).Outputs(2);
    if (opset < 13) {
      tester.Ints("split", {1, 2});
    } else {
      tester.In(sizes);
    }
    const auto parts = tester.Run();
    ExpectTensor<float>(parts[0], {2, 1}, {1, 4});
    ExpectTensor<float>(parts[1], {2, 2}, {2, 3, 5, 6});
  }
}

TEST(Split, AllowsEmptyParts) {
  const auto parts = OpTester("Split", 13).In<float>({0}, {}).In<int64_t>({3}, {0, 0, 0}).Outputs(3).Run();
  ExpectTensor<float>(parts[2], {0}, {});
}

TEST(Split, RefusesSizesThatDoNotAddUp) {
  const auto error = [](std::vector<int64_t> sizes) {
    return OpTester("Split", 13).In<float>({3}, {1, 2, 3}).In<int64_t>({2}, sizes).Outputs(2).Error();
  };
  EXPECT_EQ(error({1, 1}), "split [1, 1] does not cut a dimension of size 3 into 2 parts");
  EXPECT_EQ(error({4, -1}), "split [4, -1] does not cut a dimension of size 3 into 2 parts");
  EXPECT_EQ(error({std::numeric_limits<int64_t>::max(), 3}),
            "split [9223372036854775807, 3] does not cut a dimension of size 3 into 2 parts");
}

}  // namespace
}  // namespace onedge::ops

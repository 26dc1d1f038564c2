// Gather, GatherElements and GatherND.
#include "op_tester.h"

namespace onedge::ops {
namespace {

TEST(Gather, RowsAndColumns) {
  const Tensor x = MakeTensor<float>({3, 2}, {1.0f, 1.2f, 2.3f, 3.4f, 4.5f, 5.7f});
  ExpectTensor<float>(OpTester("Gather").In(x).In<int64_t>({2, 2}, {0, 1, 1, 2}).RunOne(), {2, 2, 2},
                      {1.0f, 1.2f, 2.3f, 3.4f, 2.3f, 3.4f, 4.5f, 5.7f});
  ExpectTensor<float>(OpTester("Gather").Attr("axis", 1).In(x).In<int32_t>({1, 1}, {-1}).RunOne(), {3, 1, 1},
                      {1.2f, 3.4f, 5.7f});
  ExpectTensor<float>(OpTester("Gather").In(x).In(MakeScalar<int64_t>(2)).RunOne(), {2}, {4.5f, 5.7f});
  ExpectTensor<float>(OpTester("Gather").In(x).In<int64_t>({0}, {}).RunOne(), {0, 2}, {});
}

TEST(Gather, OutOfRangeIndicesAreNamed) {
  const Tensor x = MakeTensor<float>({3}, {1, 2, 3});
  EXPECT_EQ(OpTester("Gather").In(x).In<int64_t>({1}, {3}).Error(), "input 1: index 3 is out of range [-3, 3)");
  EXPECT_EQ(OpTester("Gather").In(x).In<int64_t>({1}, {-4}).Error(), "input 1: index -4 is out of range [-3, 3)");
  EXPECT_EQ(OpTester("Gather").In(x).In<int64_t>({1}, {std::numeric_limits<int64_t>::min()}).Error(),
            "input 1: index -9223372036854775808 is out of range [-3, 3)");
  EXPECT_EQ(OpTester("Gather").In(x).In<float>({1}, {0}).Error(),
            "input 1: expected int32 or int64 indices, got float32 [1]");
  EXPECT_EQ(OpTester("Gather").In(MakeScalar(1.0f)).In<int64_t>({1}, {0}).Error(),
            "attribute 'axis': expected a value in [0, -1] for rank 0, got 0");
}

TEST(Gather, StringsAndPackedTypes) {
  ExpectStrings(OpTester("Gather").In(MakeStrings({2, 1}, {"a", "b"})).In<int64_t>({2}, {1, 0}).RunOne(), {2, 1},
                {"b", "a"});
  const Value y = OpTester("Gather")
                      .In(MakeRaw(DType::kInt4, {3, 3}, {0x21, 0x43, 0x65, 0x87, 0x09}))
                      .In<int64_t>({1}, {1})
                      .RunOne();
  EXPECT_EQ((std::vector<uint8_t>(y.tensor().bytes(), y.tensor().bytes() + 2)), (std::vector<uint8_t>{0x54, 0x06}));
}

TEST(GatherElements, MovesAlongOneAxis) {
  const Tensor x = MakeTensor<float>({2, 2}, {1, 2, 3, 4});
  ExpectTensor<float>(OpTester("GatherElements").Attr("axis", 1).In(x).In<int64_t>({2, 2}, {0, 0, 1, 0}).RunOne(),
                      {2, 2}, {1, 1, 4, 3});
  const Tensor y = MakeTensor<float>({3, 3}, {1, 2, 3, 4, 5, 6, 7, 8, 9});
  ExpectTensor<float>(OpTester("GatherElements").In(y).In<int32_t>({2, 3}, {-1, -2, 0, -2, 0, 0}).RunOne(), {2, 3},
                      {7, 5, 3, 4, 2, 3});
  // Fewer columns than the data has.
  ExpectTensor<float>(OpTester("GatherElements").In(y).In<int64_t>({1, 2}, {2, 1}).RunOne(), {1, 2}, {7, 5});
}

TEST(GatherElements, RefusesWhatPointsOutside) {
  const Tensor x = MakeTensor<float>({2, 2}, {1, 2, 3, 4});
  EXPECT_EQ(OpTester("GatherElements").In(x).In<int64_t>({1, 2}, {0, 2}).Error(),
            "input 1: index 2 is out of range [-2, 2)");
  EXPECT_EQ(OpTester("GatherElements").In(x).In<int64_t>({1, 3}, {0, 0, 0}).Error(),
            "input 1: int64 [1, 3] is larger than the data [2, 2] in dimension 1");
  EXPECT_EQ(OpTester("GatherElements").In(x).In<int64_t>({2}, {0, 0}).Error(),
            "input 1: expected rank 2, got int64 [2]");
}

TEST(GatherND, ElementsSlicesAndBatches) {
  const Tensor x = MakeTensor<int32_t>({2, 2}, {0, 1, 2, 3});
  ExpectTensor<int32_t>(OpTester("GatherND").In(x).In<int64_t>({2, 2}, {0, 0, 1, 1}).RunOne(), {2}, {0, 3});
  ExpectTensor<int32_t>(OpTester("GatherND").In(x).In<int64_t>({2, 1}, {1, 0}).RunOne(), {2, 2}, {2, 3, 0, 1});
  const Tensor y = MakeTensor<int32_t>({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7});
  ExpectTensor<int32_t>(OpTester("GatherND").Attr("batch_dims", 1).In(y).In<int64_t>({2, 1}, {1, 0}).RunOne(), {2, 2},
                        {2, 3, 4, 5});
  ExpectTensor<int32_t>(OpTester("GatherND").In(y).In<int64_t>({2, 1, 2}, {0, 1, 1, 0}).RunOne(), {2, 1, 2},
                        {2, 3, 4, 5});
}

TEST(GatherND, RefusesTuplesThatAreTooLongOrOutside) {
  const Tensor x = MakeTensor<int32_t>({2, 2}, {0, 1, 2, 3});
  EXPECT_EQ(OpTester("GatherND").In(x).In<int64_t>({1, 3}, {0, 0, 0}).Error(),
            "input 1: expected a last dimension in [1, 2], got 3");
  EXPECT_NE(OpTester("GatherND").In(x).In<int64_t>({1, 2}, {0, -3}).Error().find("index -3"), std::string::npos);
  EXPECT_EQ(OpTester("GatherND").Attr("batch_dims", 2).In(x).In<int64_t>({2, 2}, {0, 0, 0, 0}).Error(),
            "attribute 'batch_dims': 2 is not below the ranks 2 and 2");
}

}  // namespace
}  // namespace onedge::ops

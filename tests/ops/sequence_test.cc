// Sequences and optionals.
#include "op_tester.h"

namespace onedge::ops {
namespace {

const Tensor kA = MakeTensor<float>({2}, {1, 2});
const Tensor kB = MakeTensor<float>({1}, {3});

Value Pair() { return OpTester("SequenceConstruct").In(kA).In(kB).RunOne(); }
std::string Lengths(const Value& value) {
  std::string out;
  for (const Value& element : value.sequence().elements) out += element.tensor().shape().ToString();
  return out;
}

TEST(Sequence, ConstructLengthAndAt) {
  EXPECT_EQ(Lengths(Pair()), "[2][1]");
  ExpectTensor<int64_t>(OpTester("SequenceLength").In(Pair()).RunOne(), {}, {2});
  ExpectTensor<float>(OpTester("SequenceAt").DataDependent().In(Pair()).In(MakeScalar<int64_t>(-1)).RunOne(), {1}, {3});
  EXPECT_NE(OpTester("SequenceAt").DataDependent().In(Pair()).In(MakeScalar<int64_t>(2)).Error().find("position 2"),
            std::string::npos);
  EXPECT_EQ(OpTester("SequenceConstruct").In(kA).In<int64_t>({1}, {1}).Error(),
            "input 1 is of different kinds or dtypes: float32 and int64");
}

TEST(Sequence, EmptyHasLengthZero) {
  const Value empty = OpTester("SequenceEmpty").Attr("dtype", DType::kInt64).RunOne();
  ExpectTensor<int64_t>(OpTester("SequenceLength").In(empty).RunOne(), {}, {0});
  EXPECT_EQ(OpTester("ConcatFromSequence").DataDependent().Attr("axis", 0).In(empty).Error(),
            "input 0: an empty sequence cannot be joined");
}

TEST(Sequence, InsertAndErase) {
  const Tensor c = MakeTensor<float>({3}, {4, 5, 6});
  EXPECT_EQ(Lengths(OpTester("SequenceInsert").In(Pair()).In(c).RunOne()), "[2][1][3]");
  EXPECT_EQ(Lengths(OpTester("SequenceInsert").In(Pair()).In(c).In(MakeScalar<int64_t>(-1)).RunOne()), "[2][3][1]");
  EXPECT_EQ(Lengths(OpTester("SequenceInsert").In(Pair()).In(c).In(MakeScalar<int64_t>(-2)).RunOne()), "[3][2][1]");
  EXPECT_EQ(OpTester("SequenceInsert").In(Pair()).In(c).In(MakeScalar<int64_t>(3)).Error(),
            "input 2: position 3 is out of range [-2, 2]");
  EXPECT_EQ(OpTester("SequenceInsert").In(Pair()).In<int64_t>({1}, {1}).Error(),
            "input 1 is of different kinds or dtypes: float32 and int64");
  EXPECT_EQ(Lengths(OpTester("SequenceErase").In(Pair()).RunOne()), "[2]");
  EXPECT_EQ(Lengths(OpTester("SequenceErase").In(Pair()).In(MakeScalar<int32_t>(0)).RunOne()), "[1]");
  EXPECT_EQ(OpTester("SequenceErase").In(Pair()).In(MakeScalar<int64_t>(-3)).Error(),
            "input 1: position -3 is out of range [-2, 2)");
}

TEST(SplitToSequence, BySizeBySizesAndByOne) {
  const Tensor x = MakeTensor<float>({5, 1}, {1, 2, 3, 4, 5});
  EXPECT_EQ(Lengths(OpTester("SplitToSequence").In(x).In(MakeScalar<int64_t>(2)).RunOne()), "[2, 1][2, 1][1, 1]");
  EXPECT_EQ(Lengths(OpTester("SplitToSequence").In(x).In<int64_t>({2}, {4, 1}).RunOne()), "[4, 1][1, 1]");
  EXPECT_EQ(Lengths(OpTester("SplitToSequence").Attr("keepdims", 0).In(x).RunOne()), "[1][1][1][1][1]");
  const Value columns =
      OpTester("SplitToSequence").Attr("axis", 1).In(MakeTensor<float>({2, 2}, {1, 2, 3, 4})).RunOne();
  ExpectTensor<float>(columns.sequence().elements[1], {2, 1}, {2, 4});
  EXPECT_EQ(OpTester("SplitToSequence").In(x).In<int64_t>({2}, {4, 2}).Error(),
            "input 1: [4, 2] does not cut a dimension of 5");
  EXPECT_EQ(OpTester("SplitToSequence").In(x).In(MakeScalar<int64_t>(0)).Error(), "input 1: parts of size 0");
}

TEST(ConcatFromSequence, JoinsOrStacks) {
  ExpectTensor<float>(OpTester("ConcatFromSequence").DataDependent().Attr("axis", 0).In(Pair()).RunOne(), {3},
                      {1, 2, 3});
  const Value same = OpTester("SequenceConstruct").In(kA).In(MakeTensor<float>({2}, {3, 4})).RunOne();
  ExpectTensor<float>(
      OpTester("ConcatFromSequence").DataDependent().Attr("axis", 1).Attr("new_axis", 1).In(same).RunOne(), {2, 2},
      {1, 3, 2, 4});
  EXPECT_EQ(OpTester("ConcatFromSequence").DataDependent().Attr("axis", 0).Attr("new_axis", 1).In(Pair()).Error(),
            "input 0: float32 [1] cannot be joined with float32 [2] along dimension 0");
}

TEST(Optional, HoldsAValueOrNone) {
  ExpectTensor<float>(OpTester("Optional").DataDependent().In(kA).RunOne(), {2}, {1, 2});
  EXPECT_TRUE(OpTester("Optional").DataDependent().Attr("type", TypeInfo::Tensor(DType::kFloat32)).RunOne().is_none());
  ExpectTensor<bool>(OpTester("OptionalHasElement", 18).In(kA).RunOne(), {}, {true});
  ExpectTensor<bool>(OpTester("OptionalHasElement", 18).Omit().RunOne(), {}, {false});
  ExpectTensor<bool>(OpTester("OptionalHasElement", 18).RunOne(), {}, {false});
  ExpectTensor<float>(OpTester("OptionalGetElement", 18).In(kB).RunOne(), {1}, {3});
  EXPECT_NE(OpTester("OptionalGetElement", 18).Omit().Error().find("the optional is empty"), std::string::npos);
}

}  // namespace
}  // namespace onedge::ops

#include <algorithm>
#include <numeric>

#include "op_tester.h"

namespace onedge::ops {
namespace {

// Element by element from the definition: y[index[perm[0]], ...] = x[index].
template <typename T>
std::vector<T> Reference(const std::vector<T>& x, const Shape& shape, const std::vector<int64_t>& perm) {
  Shape to;
  for (int64_t axis : perm) to.push_back(shape[static_cast<size_t>(axis)]);
  const auto from_strides = shape.Strides();
  const auto to_strides = to.Strides();
  std::vector<T> y(x.size());
  for (size_t i = 0; i < x.size(); ++i) {
    int64_t offset = 0;
    for (size_t k = 0; k < perm.size(); ++k) {
      const auto axis = static_cast<size_t>(perm[k]);
      offset += static_cast<int64_t>(i) / from_strides[axis] % shape[axis] * to_strides[k];
    }
    y[static_cast<size_t>(offset)] = x[i];
  }
  return y;
}

template <typename T>
void ExpectTransposed(const Shape& shape, const std::vector<int64_t>& perm) {
  SCOPED_TRACE(shape.ToString() + " by " + Shape(std::span<const int64_t>(perm)).ToString());
  std::vector<T> values(static_cast<size_t>(shape.element_count()));
  for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<T>(i * 7 + 3);
  Shape to;
  for (int64_t axis : perm) to.push_back(shape[static_cast<size_t>(axis)]);
  ExpectTensor<T>(OpTester("Transpose", 21).Ints("perm", perm).template In<T>(shape, values).RunOne(), to,
                  Reference(values, shape, perm));
}

TEST(Transpose, EveryPermutationOfFourDimensions) {
  std::vector<int64_t> perm = {0, 1, 2, 3};
  do {
    ExpectTransposed<float>({2, 3, 5, 7}, perm);
  } while (std::next_permutation(perm.begin(), perm.end()));
}

TEST(Transpose, EveryElementWidth) {
  ExpectTransposed<uint8_t>({3, 130, 67}, {0, 2, 1});
  ExpectTransposed<int16_t>({3, 70, 67}, {2, 1, 0});
  ExpectTransposed<int32_t>({3, 33, 67}, {0, 2, 1});
  ExpectTransposed<int64_t>({3, 33, 17}, {1, 0, 2});
  ExpectTransposed<double>({33, 17}, {1, 0});
}

TEST(Transpose, AttentionHeadsAndManyThreads) {
  ExpectTransposed<float>({2, 64, 12, 32}, {0, 2, 1, 3});
  ExpectTransposed<float>({2, 12, 64, 32}, {0, 2, 3, 1});
  ExpectTransposed<float>({1, 40, 50, 60}, {0, 3, 1, 2});
  ExpectTransposed<float>({1, 37, 21, 19}, {0, 2, 3, 1});  // whole and partial blocks
}

TEST(Transpose, ReversesWithoutPerm) {
  ExpectTensor<float>(OpTester("Transpose").In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).RunOne(), {3, 2}, {1, 4, 2, 5, 3, 6});
  ExpectTensor<float>(OpTester("Transpose").In(MakeScalar(5.0f)).RunOne(), {}, {5});
  ExpectTensor<float>(OpTester("Transpose").In<float>({0, 3}, {}).RunOne(), {3, 0}, {});
}

TEST(Transpose, StringsAndPackedTypes) {
  ExpectStrings(
      OpTester("Transpose").In(MakeStrings({2, 2}, {"a", "b", "a string beyond the small size", "d"})).RunOne(), {2, 2},
      {"a", "a string beyond the small size", "b", "d"});
  // 3 x 3 int4: 1..9 row by row, low nibble first.
  const Value y = OpTester("Transpose").In(MakeRaw(DType::kInt4, {3, 3}, {0x21, 0x43, 0x65, 0x87, 0x09})).RunOne();
  const auto bytes = y.tensor().bytes();
  EXPECT_EQ((std::vector<uint8_t>(bytes, bytes + 5)), (std::vector<uint8_t>{0x41, 0x27, 0x85, 0x63, 0x09}));
}

TEST(Transpose, RefusesWhatIsNoPermutation) {
  EXPECT_EQ(OpTester("Transpose").Ints("perm", {0, 0}).In<float>({2, 2}, {1, 2, 3, 4}).Error(),
            "axes: axis 0 is given twice");
  EXPECT_EQ(OpTester("Transpose").Ints("perm", {0, 2}).In<float>({2, 2}, {1, 2, 3, 4}).Error(),
            "axes: expected a value in [-2, 1] for rank 2, got 2");
  EXPECT_EQ(OpTester("Transpose").Ints("perm", {0, 1, 2}).In<float>({2, 2}, {1, 2, 3, 4}).Error(),
            "attribute 'perm' has 3 axes, but the input has rank 2");
}

}  // namespace
}  // namespace onedge::ops

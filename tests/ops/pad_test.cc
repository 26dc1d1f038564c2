#include <algorithm>

#include "op_tester.h"

namespace onedge::ops {
namespace {

const Tensor kX = MakeTensor<float>({3, 2}, {1.0f, 1.2f, 2.3f, 3.4f, 4.5f, 5.7f});
const Tensor kLine = MakeTensor<int32_t>({3}, {1, 2, 3});

OpTester PadLine(const char* mode, int64_t begin, int64_t end) {
  return OpTester("Pad", 19).Attr("mode", mode).In(kLine).In<int64_t>({2}, {begin, end});
}

TEST(Pad, ConstantIsTheDefaultAndZeroIsItsValue) {
  ExpectTensor<float>(OpTester("Pad", 13).In(kX).In<int64_t>({4}, {0, 2, 0, 0}).RunOne(), {3, 4},
                      {0, 0, 1.0f, 1.2f, 0, 0, 2.3f, 3.4f, 0, 0, 4.5f, 5.7f});
  ExpectTensor<float>(OpTester("Pad", 11).In(kX).In<int64_t>({4}, {0, 0, 1, 0}).In(MakeScalar(9.0f)).RunOne(), {4, 2},
                      {1.0f, 1.2f, 2.3f, 3.4f, 4.5f, 5.7f, 9, 9});
  ExpectTensor<int32_t>(OpTester("Pad", 19).In(kLine).In<int64_t>({2}, {1, 1}).RunOne(), {5}, {0, 1, 2, 3, 0});
}

TEST(Pad, ReflectEdgeAndWrap) {
  ExpectTensor<float>(OpTester("Pad", 13)
                          .Attr("mode", "reflect")
                          .In(MakeTensor<float>({1, 3}, {1, 2, 3}))
                          .In<int64_t>({4}, {0, 2, 0, 1})
                          .RunOne(),
                      {1, 6}, {3, 2, 1, 2, 3, 2});
  ExpectTensor<int32_t>(PadLine("edge", 2, 1).RunOne(), {6}, {1, 1, 1, 2, 3, 3});
  ExpectTensor<int32_t>(PadLine("wrap", 2, 1).RunOne(), {6}, {2, 3, 1, 2, 3, 1});
}

// Rows of many columns, padded by little and by more than they have, against the definition of each mode.
TEST(Pad, EveryModeOverWideRows) {
  constexpr int64_t kRows = 5, kColumns = 37;
  std::vector<float> x(kRows * kColumns);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>(i);
  const auto source = [](const std::string& mode, int64_t i, int64_t size) {
    if (mode == "edge") return std::clamp<int64_t>(i, 0, size - 1);
    if (mode == "wrap") return (i % size + size) % size;
    const int64_t period = 2 * (size - 1), at = (i % period + period) % period;
    return at < size ? at : period - at;
  };
  for (const std::string mode : {"reflect", "edge", "wrap"}) {
    for (const auto& [before, after] : {std::pair<int64_t, int64_t>{3, 4}, {0, 2}, {40, 0}, {0, 0}}) {
      SCOPED_TRACE(mode + " " + std::to_string(before) + " " + std::to_string(after));
      const int64_t rows = kRows + 1, columns = before + kColumns + after;
      std::vector<float> expected;
      for (int64_t r = 0; r < rows; ++r) {
        for (int64_t c = 0; c < columns; ++c) {
          expected.push_back(
              static_cast<float>(source(mode, r - 1, kRows) * kColumns + source(mode, c - before, kColumns)));
        }
      }
      ExpectTensor<float>(OpTester("Pad", 19)
                              .Attr("mode", mode.c_str())
                              .In<float>({kRows, kColumns}, x)
                              .In<int64_t>({4}, {1, before, 0, after})
                              .RunOne(),
                          {rows, columns}, expected);
    }
  }
}

TEST(Pad, ReflectAndWrapGoOnBeyondTheInput) {
  ExpectTensor<int32_t>(PadLine("reflect", 4, 3).RunOne(), {10}, {1, 2, 3, 2, 1, 2, 3, 2, 1, 2});  // as numpy.pad does
  ExpectTensor<int32_t>(PadLine("wrap", 4, 4).RunOne(), {11}, {3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1});
  const Tensor one = MakeTensor<int32_t>({1}, {7});
  ExpectTensor<int32_t>(OpTester("Pad", 19).Attr("mode", "reflect").In(one).In<int64_t>({2}, {1, 2}).RunOne(), {4},
                        {7, 7, 7, 7});
}

TEST(Pad, NegativePadsRemove) {
  ExpectTensor<int32_t>(PadLine("constant", -1, 2).RunOne(), {4}, {2, 3, 0, 0});
  ExpectTensor<int32_t>(PadLine("edge", 1, -2).RunOne(), {2}, {1, 1});
  EXPECT_EQ(PadLine("constant", -2, -2).Error(), "pads -2 and -2 remove more than a dimension of size 3 has");
}

TEST(Pad, PadsTheChosenAxesOnly) {
  ExpectTensor<float>(OpTester("Pad", 18).In(kX).In<int64_t>({2}, {1, 0}).Omit().In<int64_t>({1}, {-1}).RunOne(),
                      {3, 3}, {0, 1.0f, 1.2f, 0, 2.3f, 3.4f, 0, 4.5f, 5.7f});
}

TEST(Pad, TakesAttributesBeforeOpset11) {
  ExpectTensor<float>(OpTester("Pad", 2).Ints("pads", {0, 1, 0, 0}).Attr("value", 1.5).In<float>({1, 1}, {7}).RunOne(),
                      {1, 2}, {1.5f, 7});
  ExpectTensor<float>(OpTester("Pad", 1).Ints("paddings", {0, 1, 0, 0}).In<float>({1, 1}, {7}).RunOne(), {1, 2},
                      {0, 7});
}

TEST(Pad, PadsAnEmptyInputOnlyWithAConstant) {
  const Tensor empty = MakeTensor<float>({0}, {});
  ExpectTensor<float>(OpTester("Pad", 13).In(empty).In<int64_t>({2}, {1, 1}).RunOne(), {2}, {0, 0});
  EXPECT_EQ(OpTester("Pad", 13).Attr("mode", "edge").In(empty).In<int64_t>({2}, {1, 1}).Error(),
            "dimension 0 is empty: only the constant mode can pad it");
}

TEST(Pad, RefusesWhatItCannotDo) {
  EXPECT_NE(PadLine("nearest", 1, 1).Error().find("nearest"), std::string::npos);
  EXPECT_EQ(OpTester("Pad", 18).Attr("mode", "wrap").In(kLine).In<int64_t>({2}, {1, 1}).Error(),
            "node 'tested' (Pad): attribute 'mode': expected constant, reflect or edge, got 'wrap'");
  EXPECT_EQ(OpTester("Pad", 13).In(kLine).In<int64_t>({1}, {1}).Error(),
            "pads: expected 2 values for 1 dimensions, got 1");
  EXPECT_EQ(PadLine("constant", std::numeric_limits<int64_t>::max(), 1).Error(),
            "pads 9223372036854775807 and 1 are too large");
  EXPECT_EQ(PadLine("constant", std::numeric_limits<int64_t>::min(), 1).Error(),
            "pads -9223372036854775808 and 1 remove more than a dimension of size 3 has");
}

}  // namespace
}  // namespace onedge::ops

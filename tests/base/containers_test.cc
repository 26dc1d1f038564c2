#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "base/checked_math.h"
#include "base/inline_vector.h"
#include "base/str_cat.h"

namespace onedge {
namespace {

TEST(CheckedMath, ReportsOverflow) {
  EXPECT_EQ(CheckedAdd<int64_t>(1, 2), 3);
  EXPECT_EQ(CheckedAdd<int64_t>(INT64_MAX, 1), std::nullopt);
  EXPECT_EQ(CheckedMultiply<uint64_t>(uint64_t{1} << 32, uint64_t{1} << 32), std::nullopt);
  EXPECT_EQ(CheckedMultiply<int64_t>(INT64_MIN, -1), std::nullopt);
  EXPECT_EQ(CheckedCast<uint8_t>(256), std::nullopt);
  EXPECT_EQ(CheckedCast<uint32_t>(-1), std::nullopt);
  EXPECT_EQ(CheckedCast<int8_t>(-128), -128);
}

TEST(CheckedMath, AlignsUp) {
  EXPECT_EQ(AlignUp<size_t>(0, 64), 0u);
  EXPECT_EQ(AlignUp<size_t>(1, 64), 64u);
  EXPECT_EQ(AlignUp<size_t>(64, 64), 64u);
}

TEST(StrCat, JoinsTextNumbersAndFlags) {
  EXPECT_EQ(StrCat("a", 'b', std::string("c"), 1, -2, true, 0.5f, 1e300), "abc1-2true0.51e+300");
}

TEST(NumberToString, ReadsBackAsTheSameNumber) {
  for (double value : {0.0, 0.1, 1.0 / 3.0, 1e-310, 123456789.0, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(std::strtod(NumberToString(value).c_str(), nullptr), value);
  }
  EXPECT_EQ(NumberToString(0.5), "0.5");
}

TEST(InlineVector, GrowsFromInlineToHeapAndBack) {
  InlineVector<int, 2> values{1, 2};
  for (int i = 3; i <= 100; ++i) values.push_back(i);
  ASSERT_EQ(values.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<size_t>(i)], i + 1);
  values.clear();
  EXPECT_TRUE(values.empty());
  values.push_back(7);
  EXPECT_EQ(values.front(), 7);
  EXPECT_EQ(values.size(), 1u);
}

TEST(InlineVector, InsertsAndErases) {
  InlineVector<int, 4> values{1, 3};
  values.insert(1, 2);
  values.insert(3, 4);
  values.insert(0, 0);
  EXPECT_EQ(values, (InlineVector<int, 4>{0, 1, 2, 3, 4}));
  values.erase(0);
  values.erase(3);
  EXPECT_EQ(values, (InlineVector<int, 4>{1, 2, 3}));
}

TEST(InlineVector, CopiesAndMovesKeepTheValues) {
  for (size_t size : {size_t{0}, size_t{2}, size_t{9}}) {
    InlineVector<int, 2> source(size, 5);
    InlineVector<int, 2> copy = source;
    copy.push_back(6);
    EXPECT_EQ(source.size(), size);
    InlineVector<int, 2> moved = std::move(source);
    EXPECT_EQ(moved.size(), size);
    EXPECT_TRUE(source.empty());
    source.push_back(1);
    EXPECT_EQ(source[0], 1);
    InlineVector<int, 2>& alias = copy;
    copy = alias;
    EXPECT_EQ(copy.size(), size + 1);
  }
}

TEST(InlineVector, ResizeFillsWithTheValue) {
  InlineVector<int64_t, 2> values;
  values.resize(5, -1);
  EXPECT_EQ(values[4], -1);
  values.resize(1);
  values.resize(3, 9);
  EXPECT_EQ(values, (InlineVector<int64_t, 2>{-1, 9, 9}));
}

}  // namespace
}  // namespace onedge

#include "base/decimal.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>

namespace onedge {
namespace {

std::string ByPrintf(double value, int digits) {
  char text[64];
  std::snprintf(text, sizeof text, "%.*g", digits, value);
  return text;
}

void ExpectParsedAsByStrtod(const std::string& text) {
  char* end;
  const double expected = std::strtod(text.c_str(), &end);
  const char* our_end;
  const double ours = ParseNumber(text.c_str(), &our_end);
  EXPECT_EQ(std::bit_cast<uint64_t>(ours), std::bit_cast<uint64_t>(expected)) << text;
  EXPECT_EQ(our_end, end) << text;
}

TEST(Decimal, FormatsAsPrintfDoes) {
  for (double value : {1.0, 0.1, 123456.0, 1234567.0, 1e-4, 1e-5, 9.9999995, 999999.5, 0.5, 2.5e-7, 1e22, 1e300, 5e-324,
                       2.2250738585072014e-308, std::numeric_limits<double>::max(), -0.0, -1.5, 1e15, 100000.0}) {
    for (int digits = 1; digits <= 17; ++digits) EXPECT_EQ(FormatNumber(value, digits), ByPrintf(value, digits));
  }
  std::mt19937_64 random(1);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (value != value) continue;
    const int digits = static_cast<int>(random() % 17) + 1;
    ASSERT_EQ(FormatNumber(value, digits), ByPrintf(value, digits));
  }
}

TEST(Decimal, HalfwayCasesGoToEven) {
  for (int i = 0; i < 4000; ++i) {
    const double value = i / 16.0;
    for (int digits = 1; digits <= 6; ++digits) ASSERT_EQ(FormatNumber(value, digits), ByPrintf(value, digits));
  }
}

TEST(Decimal, ParsesAsStrtodDoes) {
  for (const char* text : {"0",
                           "-0",
                           "1",
                           "+1",
                           "  12",
                           "1.5",
                           ".5",
                           "5.",
                           "1e5",
                           "1E+5",
                           "1e-5",
                           "1e",
                           "1e+",
                           "1.5x",
                           "",
                           ".",
                           "-",
                           "+.e1",
                           "inf",
                           "-Infinity",
                           "INF1",
                           "infinit",
                           "in",
                           "1e400",
                           "-1e400",
                           "1e-400",
                           "0e999999999",
                           "1e99999999999",
                           "0.000000000000000000000000000000000000001",
                           "9007199254740993",
                           "9007199254740992.5",
                           "9007199254740993.0000001",
                           "2.2250738585072012e-308",
                           "2.2250738585072011e-308",
                           "4.9406564584124654e-324",
                           "2.4703282292062327e-324",
                           "2.4703282292062328e-324",
                           "1.7976931348623157e308",
                           "1.7976931348623159e308",
                           "1.797693134862315807e308",
                           "123456789012345678901234567890",
                           "00000000000000000000000000000001.50000000000000000000000000000"}) {
    ExpectParsedAsByStrtod(text);
  }
  EXPECT_NE(ParseNumber("NaN"), ParseNumber("NaN"));
  // The digits after the kept ones decide a tie.
  const std::string half = "9007199254740993." + std::string(900, '0');
  ExpectParsedAsByStrtod(half);
  ExpectParsedAsByStrtod(half + "1");
}

TEST(Decimal, ParsesRandomTextsAsStrtodDoes) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 20000; ++i) {
    std::string text;
    const int length = static_cast<int>(random() % (i % 100 == 0 ? 800 : 25)) + 1;
    for (int k = 0; k < length; ++k) text += static_cast<char>('0' + random() % 10);
    if (random() % 2) text.insert(random() % text.size(), ".");
    if (random() % 2) text += "e" + std::to_string(static_cast<int>(random() % 700) - 350);
    ExpectParsedAsByStrtod(text);
    if (HasFailure()) return;
  }
}

TEST(Decimal, EveryDoubleReadsBackFrom17Digits) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 20000; ++i) {
    const auto value = std::bit_cast<double>(random());
    if (value != value) continue;
    ASSERT_EQ(ParseNumber(FormatNumber(value, 17).c_str()), value);
  }
}

}  // namespace
}  // namespace onedge

#include "tensor/dtype.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "tensor/half.h"

namespace onedge {
namespace {

TEST(DType, HasOnnxsNumbersOnly) {
  EXPECT_EQ(DTypeFromOnnx(0), std::nullopt);
  EXPECT_EQ(DTypeFromOnnx(-1), std::nullopt);
  EXPECT_EQ(DTypeFromOnnx(27), std::nullopt);
  EXPECT_EQ(DTypeFromOnnx(1), DType::kFloat32);
  EXPECT_EQ(DTypeFromOnnx(22), DType::kInt4);
}

TEST(DType, PackedTypesRoundUpToBytes) {
  EXPECT_EQ(DTypeBytes(DType::kInt4, 0), 0u);
  EXPECT_EQ(DTypeBytes(DType::kInt4, 3), 2u);
  EXPECT_EQ(DTypeBytes(DType::kUint2, 5), 2u);
  EXPECT_EQ(DTypeBytes(DType::kUint2, 8), 2u);
  EXPECT_EQ(DTypeBytes(DType::kFloat64, SIZE_MAX), std::nullopt);
}

// A float16 by its definition: (-1)^sign * 2^(exponent - 15) * 1.fraction, or 2^-14 * 0.fraction.
double HalfByDefinition(uint16_t bits) {
  const int exponent = bits >> 10 & 31, fraction = bits & 1023;
  const double sign = bits >> 15 ? -1.0 : 1.0;
  if (exponent == 31) return fraction ? std::nan("") : sign * HUGE_VAL;
  if (exponent == 0) return sign * std::ldexp(fraction, -24);
  return sign * std::ldexp(1024 + fraction, exponent - 25);
}

TEST(Float16, EveryValueConvertsExactlyAndBack) {
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    const Float16 half{static_cast<uint16_t>(bits)};
    const double expected = HalfByDefinition(half.bits);
    const float value = ToFloat(half);
    if (std::isnan(expected)) {
      ASSERT_TRUE(std::isnan(value)) << bits;
      ASSERT_TRUE(std::isnan(ToFloat(ToFloat16(value)))) << bits;
      continue;
    }
    ASSERT_EQ(value, expected) << bits;
    ASSERT_EQ(ToFloat16(value).bits, half.bits) << bits;
  }
}

TEST(Float16, RoundsToNearestTiesToEven) {
  // Between each pair of neighbours: the middle rounds to the even one; values just above and below it round to the
  // nearer one.
  for (uint16_t bits = 0; bits < 0x7bff; ++bits) {
    const float low = ToFloat(Float16{bits}), high = ToFloat(Float16{static_cast<uint16_t>(bits + 1)});
    const float middle = low + (high - low) / 2;  // exact: one bit more than a half has
    ASSERT_EQ(ToFloat16(middle).bits, bits % 2 == 0 ? bits : bits + 1) << bits;
    ASSERT_EQ(ToFloat16(std::nextafter(middle, 0.0f)).bits, bits) << bits;
    ASSERT_EQ(ToFloat16(std::nextafter(middle, HUGE_VALF)).bits, bits + 1) << bits;
  }
  EXPECT_EQ(ToFloat16(65519.9f).bits, 0x7bff);
  EXPECT_EQ(ToFloat16(65520.0f).bits, 0x7c00);
  EXPECT_EQ(ToFloat16(-1e30f).bits, 0xfc00);
}

TEST(Bfloat16, RoundsToNearestTiesToEven) {
  for (uint32_t bits = 0; bits < 0x7f80; ++bits) {
    const Bfloat16 low{static_cast<uint16_t>(bits)};
    ASSERT_EQ(ToBfloat16(ToFloat(low)).bits, low.bits);
    uint32_t middle_bits = bits << 16 | 0x8000;
    float middle;
    std::memcpy(&middle, &middle_bits, sizeof middle);
    ASSERT_EQ(ToBfloat16(middle).bits, bits % 2 == 0 ? bits : bits + 1) << bits;
  }
  EXPECT_TRUE(std::isnan(ToFloat(ToBfloat16(std::numeric_limits<float>::quiet_NaN()))));
}

}  // namespace
}  // namespace onedge

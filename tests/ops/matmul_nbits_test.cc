#include "tests/nbits_case.h"
#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

using Zeros = NBitsCase::Zeros;

OpTester TesterOf(const NBitsCase& c) {
  OpTester tester("MatMulNBits", 1, "com.microsoft");
  tester.Attr("K", static_cast<int64_t>(c.k)).Attr("N", static_cast<int64_t>(c.n));
  tester.Attr("bits", static_cast<int64_t>(c.bits)).Attr("block_size", static_cast<int64_t>(c.block_size));
  tester.In(c.X()).In(c.B()).In(c.Scales());
  const auto optional = [&](bool given, const auto& tensor) { given ? tester.In(tensor()) : tester.Omit(); };
  optional(c.zeros != Zeros::kDefault, [&] { return c.ZeroPoints(); });
  optional(c.grouped, [&] { return c.Groups(); });
  optional(c.biased, [&] { return c.Bias(); });
  return tester;
}

TEST(MatMulNBits, EveryFormOfWeights) {
  uint32_t seed = 20261130;
  for (const size_t bits : {2, 4, 8}) {
    for (const size_t block_size : {16, 32, 64, 128, 256}) {
      for (const Zeros zeros : {Zeros::kDefault, Zeros::kPacked, Zeros::kFloats}) {
        for (const bool half : {false, true}) {
          ++seed;
          SCOPED_TRACE(StrCat("bits ", bits, " block ", block_size, " zeros ", static_cast<int>(zeros), " half ", half,
                              " seed ", seed));
          NBitsCase c{.m = 1 + seed % 5, .k = block_size * (1 + seed % 3) - seed % 7, .n = 1 + seed % 40};
          c.bits = bits;
          c.block_size = block_size;
          c.zeros = zeros;
          c.half = half;
          c.grouped = seed % 3 == 0;
          c.biased = seed % 2 == 0;
          c.Fill(seed);
          ExpectNear(TesterOf(c).RunOne(), NBitsCase::Dims({c.m, c.n}), c.Product(), half ? 2e-3 : 1e-5);
        }
      }
    }
  }
}

// From the description of the operator: the first code is in the lower bits.
TEST(MatMulNBits, ByHand) {
  std::vector<uint8_t> codes(8, 0x88);  // 16 codes of 8, which is the zero point: 0
  codes[0] = 0x3a;                      // 10 and 3
  OpTester tester("MatMulNBits", 1, "com.microsoft");
  tester.Attr("K", 3).Attr("N", 1).Attr("block_size", 16);
  tester.In<float>({2, 3}, {1, 0, 7, 0, 1, 7}).In<uint8_t>({1, 1, 8}, codes).In<float>({1}, {0.5});
  ExpectTensor<float>(tester.RunOne(), {2, 1}, {1, -2.5});
}

TEST(MatMulNBits, BfloatsAndMoreDimensions) {
  std::vector<uint8_t> codes(16, 128);
  codes[1] = 130;
  OpTester tester("MatMulNBits", 1, "com.microsoft");
  tester.Attr("K", 2).Attr("N", 1).Attr("bits", 8).Attr("block_size", 16).Attr("accuracy_level", 4);
  tester.In(MakeBfloat16({1, 2, 2}, {1, 3, 2, 4})).In<uint8_t>({1, 1, 16}, codes).In(MakeBfloat16({1, 1}, {0.25}));
  ExpectNear(tester.RunOne(), {1, 2, 1}, {1.5, 2}, 0);
}

TEST(MatMulNBits, RefusesWhatItDoesNotTake) {
  NBitsCase c{.m = 1, .k = 32, .n = 2};
  c.Fill(1);
  const auto error = [&](auto change) {
    OpTester tester("MatMulNBits", 1, "com.microsoft");
    change(tester);
    return tester.In(c.X()).In(c.B()).In(c.Scales()).Error();
  };
  using ::testing::HasSubstr;
  EXPECT_THAT(error([](OpTester& t) { t.Attr("K", 32).Attr("N", 2).Attr("block_size", 32).Attr("bits", 3); }),
              HasSubstr("attribute 'bits': expected 2, 4 or 8, got '3'"));
  EXPECT_THAT(error([](OpTester& t) { t.Attr("K", 32).Attr("N", 2).Attr("block_size", 24); }),
              HasSubstr("attribute 'block_size': expected a power of two from 16 on, got '24'"));
  EXPECT_THAT(
      error([](OpTester& t) { t.Attr("K", 32).Attr("N", 2).Attr("block_size", 32).Attr("weight_prepacked", 1); }),
      HasSubstr("attribute 'weight_prepacked': expected 0"));
  EXPECT_THAT(error([](OpTester& t) { t.Attr("K", 0).Attr("N", 2).Attr("block_size", 32); }),
              HasSubstr("attributes 'K' and 'N': expected 1 to"));
  EXPECT_THAT(error([](OpTester& t) { t.Attr("K", 32).Attr("N", 3).Attr("block_size", 32); }),
              HasSubstr("input 1: expected uint8 [3, 1, 16]"));
  EXPECT_THAT(error([](OpTester& t) { t.Attr("K", 31).Attr("N", 2).Attr("block_size", 32); }),
              HasSubstr("input 0: expected K = 31 columns, got 32"));
  c.grouped = true;
  c.Fill(2);
  c.groups[5] = 1;
  EXPECT_THAT(TesterOf(c).Error(), HasSubstr("input 4: expected blocks below 1, got 1"));
  NBitsCase short_zeros{.m = 1, .k = 64, .n = 2};
  short_zeros.Fill(3);
  OpTester tester("MatMulNBits", 1, "com.microsoft");
  tester.Attr("K", 64).Attr("N", 2).Attr("block_size", 32);
  tester.In(short_zeros.X()).In(short_zeros.B()).In(short_zeros.Scales()).In<uint8_t>({1}, {0});
  EXPECT_THAT(tester.Error(), HasSubstr("input 3: expected 2 elements of uint8"));
}

}  // namespace
}  // namespace onedge::ops

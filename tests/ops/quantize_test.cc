// QuantizeLinear and DequantizeLinear: granularities, types, rounding.
#include <cmath>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

TEST(QuantizeLinear, RoundsTiesToEvenAndSaturates) {
  ExpectTensor<uint8_t>(OpTester("QuantizeLinear", 13)
                            .In<float>({7}, {0, 1, 3, 5, 1000, -254, -1000})
                            .In(MakeScalar(2.0f))
                            .In(MakeScalar<uint8_t>(128))
                            .RunOne(),
                        {7}, {128, 128, 130, 130, 255, 1, 0});
  ExpectTensor<int8_t>(OpTester("QuantizeLinear", 13)
                           .In<float>({3}, {0.5, 1.5, NAN})
                           .In(MakeScalar(1.0f))
                           .In(MakeScalar<int8_t>(0))
                           .RunOne(),
                       {3}, {0, 2, -128});
}

TEST(QuantizeLinear, TakesAScaleForEachSliceOfAnAxis) {
  ExpectTensor<uint8_t>(OpTester("QuantizeLinear", 13)
                            .Attr("axis", 0)
                            .In<float>({2, 2}, {1, 2, 3, 4})
                            .In<float>({2}, {1, 0.5})
                            .In<uint8_t>({2}, {0, 10})
                            .RunOne(),
                        {2, 2}, {1, 2, 16, 18});
  ExpectTensor<uint8_t>(
      OpTester("QuantizeLinear", 13).Attr("axis", -1).In<float>({2, 2}, {1, 2, 3, 4}).In<float>({2}, {1, 0.5}).RunOne(),
      {2, 2}, {1, 4, 3, 8});
}

TEST(QuantizeLinear, TakesAScaleForEachBlock) {
  ExpectTensor<int8_t>(OpTester("QuantizeLinear", 21)
                           .Attr("axis", 1)
                           .Attr("block_size", 2)
                           .Attr("output_dtype", DType::kInt8)
                           .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
                           .In<float>({2, 2}, {1, 0.5, 2, 0.25})
                           .RunOne(),
                       {2, 3}, {1, 2, 6, 2, 2, 24});
  ExpectTensor<int8_t>(OpTester("QuantizeLinear", 21)
                           .Attr("axis", 0)
                           .Attr("block_size", 2)
                           .Attr("output_dtype", DType::kInt8)
                           .In<float>({3, 2}, {1, 2, 3, 4, 5, 6})
                           .In<float>({2, 2}, {1, 0.5, 2, 0.25})
                           .RunOne(),
                       {3, 2}, {1, 4, 3, 8, 2, 24});
}

TEST(QuantizeLinear, PacksNarrowIntegers) {
  const Value y = OpTester("QuantizeLinear", 21)
                      .In<float>({3}, {-9, 3, 5})
                      .In(MakeScalar(1.0f))
                      .In(MakeRaw(DType::kInt4, {1}, {0}))
                      .RunOne();
  ASSERT_EQ(y.tensor().byte_size(), 2u);
  EXPECT_EQ(y.tensor().bytes()[0], 0x38);  // -8, 3
  EXPECT_EQ(y.tensor().bytes()[1] & 0xf, 5);
  ExpectTensor<float>(
      OpTester("DequantizeLinear", 21).In(y).In(MakeScalar(0.5f)).In(MakeRaw(DType::kInt4, {}, {1})).RunOne(), {3},
      {-4.5, 1, 2});
}

TEST(DequantizeLinear, SubtractsThenScales) {
  ExpectTensor<float>(OpTester("DequantizeLinear", 13)
                          .In<uint8_t>({4}, {0, 3, 128, 255})
                          .In(MakeScalar(2.0f))
                          .In(MakeScalar<uint8_t>(128))
                          .RunOne(),
                      {4}, {-256, -250, 0, 254});
  ExpectTensor<float>(OpTester("DequantizeLinear", 13)
                          .Attr("axis", 1)
                          .In<int8_t>({1, 2, 2}, {1, 2, 3, 4})
                          .In<float>({2}, {1, 10})
                          .RunOne(),
                      {1, 2, 2}, {1, 2, 30, 40});
  ExpectTensor<float>(OpTester("DequantizeLinear", 10).In<int32_t>({2}, {-70000, 5}).In(MakeScalar(0.5f)).RunOne(), {2},
                      {-35000, 2.5});
  ExpectNear(OpTester("DequantizeLinear", 19).In<int8_t>({2}, {1, -2}).In(MakeFloat16({}, {0.5})).RunOne(), {2},
             {0.5, -1}, 0);
}

TEST(DequantizeLinear, ReadsFloat8) {
  // E4M3FN: 0x38 is 1, 0xc4 is -3.
  ExpectTensor<float>(OpTester("DequantizeLinear", 19)
                          .In(MakeRaw(DType::kFloat8E4M3Fn, {2}, {0x38, 0xc4}))
                          .In(MakeScalar(2.0f))
                          .RunOne(),
                      {2}, {2, -6});
}

TEST(QuantizeLinear, RefusesScalesThatDoNotFit) {
  EXPECT_EQ(OpTester("QuantizeLinear", 13).In<float>({2, 2}, {1, 2, 3, 4}).In<float>({3}, {1, 1, 1}).Error(),
            "input 1: expected [] or [2] (axis 1 of input 0), got [3]");
  EXPECT_EQ(OpTester("QuantizeLinear", 21)
                .Attr("block_size", 2)
                .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
                .In<float>({2, 3}, {1, 1, 1, 1, 1, 1})
                .Error(),
            "input 1: expected the shape of input 0, [2, 3], in blocks of 2 along axis 1, got [2, 3]");
  EXPECT_EQ(OpTester("QuantizeLinear", 21).Attr("block_size", -2).In<float>({2}, {1, 2}).In<float>({1}, {1}).Error(),
            "node 'tested' (QuantizeLinear): attribute 'block_size': expected at least 0, got -2");
  EXPECT_EQ(
      OpTester("QuantizeLinear", 13).Attr("axis", 5).In<float>({2, 2}, {1, 2, 3, 4}).In<float>({2}, {1, 1}).Error(),
      "axis: expected a value in [-2, 1] for rank 2, got 5");
  EXPECT_EQ(OpTester("QuantizeLinear", 13).In<float>({2}, {1, 2}).In(MakeScalar(1.0f)).In<uint8_t>({2}, {1, 2}).Error(),
            "input 2: expected the shape of the scale, [], got [2]");
}

}  // namespace
}  // namespace onedge::ops

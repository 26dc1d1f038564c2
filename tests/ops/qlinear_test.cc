// QLinearAdd, QLinearMul and QLinearGlobalAveragePool of com.microsoft.
#include <cmath>
#include <random>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

// (a - 128) * 0.5 + (b - 3) * 0.25, in steps of 2 from 10 on.
TEST(QLinearAdd, AddsWithTheScalesOfItsOperands) {
  ExpectTensor<uint8_t>(OpTester("QLinearAdd", 1, "com.microsoft")
                            .In<uint8_t>({5}, {128, 132, 140, 0, 255})
                            .In(MakeScalar(0.5f))
                            .In(MakeScalar<uint8_t>(128))
                            .In<uint8_t>({5}, {3, 7, 11, 3, 255})
                            .In(MakeScalar(0.25f))
                            .In(MakeScalar<uint8_t>(3))
                            .In(MakeScalar(2.0f))
                            .In(MakeScalar<uint8_t>(10))
                            .RunOne(),
                        {5}, {10, 12, 14, 0, 73});  // 0, 3, 8, -64, 63.5 + 63
}

// Against double precision, with broadcasting and rows that do not fill a vector.
TEST(QLinearMul, BroadcastsLikeMul) {
  std::mt19937 random(20250301);
  std::vector<int8_t> a(3 * 19), b(3), expected(3 * 19);
  for (int8_t& value : a) value = static_cast<int8_t>(random());
  for (int8_t& value : b) value = static_cast<int8_t>(random());
  for (size_t i = 0; i < a.size(); ++i) {
    const double product = (a[i] + 5) * 0.03125 * ((b[i / 19] - 1) * 0.0625);
    expected[i] = static_cast<int8_t>(std::clamp(std::nearbyint(product / 0.25) - 7, -128.0, 127.0));
  }
  ExpectTensor<int8_t>(OpTester("QLinearMul", 1, "com.microsoft")
                           .In<int8_t>({3, 19}, a)
                           .In(MakeScalar(0.03125f))
                           .In(MakeScalar<int8_t>(-5))
                           .In<int8_t>({3, 1}, b)
                           .In(MakeScalar(0.0625f))
                           .In(MakeScalar<int8_t>(1))
                           .In(MakeScalar(0.25f))
                           .In(MakeScalar<int8_t>(-7))
                           .RunOne(),
                       {3, 19}, expected);
}

TEST(QLinearAdd, RefusesOperandsOfDifferentTypes) {
  const auto message = OpTester("QLinearAdd", 1, "com.microsoft")
                           .In<uint8_t>({1}, {1})
                           .In(MakeScalar(0.5f))
                           .In(MakeScalar<uint8_t>(0))
                           .In<int8_t>({1}, {1})
                           .In(MakeScalar(0.5f))
                           .In(MakeScalar<int8_t>(0))
                           .In(MakeScalar(0.5f))
                           .In(MakeScalar<uint8_t>(0))
                           .Error();
  EXPECT_NE(message.find("input 3: expected int8 or uint8, the same for both, got int8"), std::string::npos) << message;
}

// Means 2.5 and -1 of (x - 100) * 0.5, in steps of 0.25.
TEST(QLinearGlobalAveragePool, RequantizesTheMeanOfEachChannel) {
  const auto pool = [](int64_t channels_last, Shape shape, std::vector<uint8_t> x) {
    return OpTester("QLinearGlobalAveragePool", 1, "com.microsoft")
        .Attr("channels_last", channels_last)
        .In<uint8_t>(shape, x)
        .In(MakeScalar(0.5f))
        .In(MakeScalar<uint8_t>(100))
        .In(MakeScalar(0.25f))
        .In(MakeScalar<uint8_t>(9))
        .RunOne();
  };
  ExpectTensor<uint8_t>(pool(0, {1, 2, 1, 2}, {102, 108, 99, 97}), {1, 2, 1, 1}, {19, 5});
  ExpectTensor<uint8_t>(pool(1, {1, 1, 2, 2}, {102, 99, 108, 97}), {1, 1, 1, 2}, {19, 5});
}

}  // namespace
}  // namespace onedge::ops

// Cast, CastLike, BitCast. Values: ONNX's examples, IEEE 754 and the OCP 8-bit formats.
#include <limits>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

Value CastTo(DType to, Tensor x, bool saturate = true) {
  return OpTester("Cast", 24).Attr("to", to).Attr("saturate", saturate ? 1 : 0).In(std::move(x)).RunOne();
}

void ExpectBytes(const Value& value, const std::vector<uint8_t>& expected) {
  ASSERT_TRUE(value.is_tensor());
  const Tensor& tensor = value.tensor();
  EXPECT_EQ(std::vector<uint8_t>(tensor.bytes(), tensor.bytes() + tensor.byte_size()), expected) << tensor.ToString();
}

TEST(Cast, ConvertsBetweenNumbers) {
  ExpectTensor<int64_t>(CastTo(DType::kInt64, MakeTensor<float>({4}, {1.9f, -1.9f, 0, 3})), {4}, {1, -1, 0, 3});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeTensor<int64_t>({2}, {-7, 1 << 24})), {2}, {-7, 16777216});
  ExpectTensor<int8_t>(CastTo(DType::kInt8, MakeTensor<int32_t>({2}, {300, -129})), {2}, {44, 127});
  ExpectTensor<double>(CastTo(DType::kFloat64, MakeTensor<uint64_t>({1}, {~uint64_t{0}})), {1},
                       {18446744073709551616.0});
  ExpectTensor<uint64_t>(CastTo(DType::kUint64, MakeTensor<float>({2}, {0x1p63f, 5})), {2}, {uint64_t{1} << 63, 5});
  ExpectTensor<bool>(CastTo(DType::kBool, MakeTensor<float>({4}, {0, -0.0f, 0.5f, kNan})), {4},
                     {false, false, true, true});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeTensor<bool>({2}, {true, false})), {2}, {1, 0});
  ExpectNear(CastTo(DType::kFloat16, MakeTensor<float>({3}, {1.5f, 65520, -65519})), {3}, {1.5, kInf, -65504}, 0);
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeFloat16({2}, {0.5f, -2})), {2}, {0.5f, -2});
}

TEST(Cast, DefinesFloatsThatNoIntegerHolds) {
  ExpectTensor<int64_t>(CastTo(DType::kInt64, MakeTensor<float>({4}, {kInf, -kInf, kNan, 1e30f})), {4},
                        {std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min(), 0,
                         std::numeric_limits<int64_t>::max()});
  ExpectTensor<uint8_t>(CastTo(DType::kUint8, MakeTensor<float>({2}, {-1, 256})), {2}, {255, 0});
}

TEST(Cast, RoundsDoublesToHalvesOnce) {
  // 1 + 2^-11 + 2^-40 lies above the tie between 1 and 1 + 2^-10; through float it would become the tie and round down.
  ExpectNear(CastTo(DType::kFloat16, MakeTensor<double>({1}, {1 + 0x1p-11 + 0x1p-40})), {1}, {1 + 0x1p-10}, 0);
  ExpectNear(CastTo(DType::kFloat16, MakeTensor<double>({1}, {1 + 0x1p-11})), {1}, {1}, 0);
}

TEST(Cast, ConvertsOverManyChunksWithThreads) {
  std::vector<float> x(200001);
  std::vector<int32_t> y(x.size());
  for (size_t i = 0; i < x.size(); ++i)
    y[i] = static_cast<int32_t>(i) - 1000, x[i] = static_cast<float>(y[i]) + (y[i] < 0 ? -0.5f : 0.5f);
  ExpectTensor<int32_t>(CastTo(DType::kInt32, MakeTensor<float>({200001}, x)), {200001}, y);
}

TEST(Cast, FollowsTheFloat8Formats) {
  const Tensor x = MakeTensor<float>({8}, {1, -1, 448, 500, kInf, -kInf, kNan, 0.001953125f});
  ExpectBytes(CastTo(DType::kFloat8E4M3Fn, x), {0x38, 0xb8, 0x7e, 0x7e, 0x7e, 0xfe, 0x7f, 0x01});
  ExpectBytes(CastTo(DType::kFloat8E4M3Fn, x, false), {0x38, 0xb8, 0x7e, 0x7f, 0x7f, 0xff, 0x7f, 0x01});
  ExpectBytes(CastTo(DType::kFloat8E5M2, MakeTensor<float>({4}, {1, 57344, 70000, kInf})), {0x3c, 0x7b, 0x7b, 0x7b});
  ExpectBytes(CastTo(DType::kFloat8E5M2, MakeTensor<float>({3}, {57344, 70000, -kInf}), false), {0x7b, 0x7c, 0xfc});
  ExpectBytes(CastTo(DType::kFloat8E4M3Fnuz, MakeTensor<float>({4}, {1, -0.0f, kNan, 240})), {0x40, 0x00, 0x80, 0x7f});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeRaw(DType::kFloat8E4M3Fn, {4}, {0x38, 0x01, 0x7f, 0x7e})), {4},
                      {1, 0.001953125f, kNan, 448});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeRaw(DType::kFloat8E5M2, {3}, {0x3c, 0x7c, 0x7e})), {3},
                      {1, kInf, kNan});
}

TEST(Cast, ReadsBackEveryFloat8Code) {
  for (DType dtype : {DType::kFloat8E4M3Fn, DType::kFloat8E4M3Fnuz, DType::kFloat8E5M2, DType::kFloat8E5M2Fnuz}) {
    std::vector<uint8_t> codes;
    for (int i = 0; i < 256; ++i) codes.push_back(static_cast<uint8_t>(i));
    const Value floats = CastTo(DType::kFloat32, MakeRaw(dtype, {256}, codes));
    const Value back = CastTo(dtype, floats.tensor(), false);
    for (size_t i = 0; i < 256; ++i) {
      if (std::isnan(floats.tensor().data<float>()[i])) continue;
      EXPECT_EQ(back.tensor().bytes()[i], codes[i]) << DTypeName(dtype);
    }
  }
}

TEST(Cast, PacksSmallTypesLowBitsFirst) {
  ExpectBytes(CastTo(DType::kInt4, MakeTensor<float>({5}, {-8, 7, -1, 0, 3})), {0x78, 0x0f, 0x03});
  ExpectTensor<int8_t>(CastTo(DType::kInt8, MakeRaw(DType::kInt4, {5}, {0x78, 0x0f, 0x03})), {5}, {-8, 7, -1, 0, 3});
  ExpectTensor<uint8_t>(CastTo(DType::kUint8, MakeRaw(DType::kUint2, {5}, {0xe4, 0x01})), {5}, {0, 1, 2, 3, 1});
  ExpectTensor<int8_t>(CastTo(DType::kInt8, MakeRaw(DType::kInt2, {4}, {0xe4})), {4}, {0, 1, -2, -1});
  // E2M1: 0, 0.5, 1, 1.5, 2, 3, 4, 6.
  ExpectBytes(CastTo(DType::kFloat4E2M1, MakeTensor<float>({4}, {0.5f, -6, 2.5f, 100})), {0xf1, 0x74});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeRaw(DType::kFloat4E2M1, {4}, {0xf1, 0x74})), {4}, {0.5f, -6, 2, 6});
}

TEST(Cast, RoundsE8M0AsItsModeSays) {
  const auto run = [](const char* mode, std::vector<float> x) {
    return OpTester("Cast", 24)
        .Attr("to", DType::kFloat8E8M0)
        .Attr("round_mode", mode)
        .In<float>({static_cast<int64_t>(x.size())}, x)
        .RunOne();
  };
  ExpectBytes(run("up", {1, 3, 1.5f, kNan, 0x1p-127f}), {127, 129, 128, 255, 0});
  ExpectBytes(run("down", {1, 3, 1.5f, kInf}), {127, 128, 127, 254});
  ExpectBytes(run("nearest", {1, 3, 1.4f, 1.5f}), {127, 129, 127, 128});
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeRaw(DType::kFloat8E8M0, {3}, {127, 0, 255})), {3},
                      {1, 0x1p-127f, kNan});
}

TEST(Cast, ReadsAndWritesStrings) {
  ExpectTensor<float>(CastTo(DType::kFloat32, MakeStrings({5}, {"0.47892547", "1e-3", "-INF", "NaN", "7"})), {5},
                      {0.47892547f, 1e-3f, -kInf, kNan, 7});
  ExpectTensor<int64_t>(CastTo(DType::kInt64, MakeStrings({2}, {"-12", "9007199254740993"})), {2},
                        {-12, 9007199254740993});
  ExpectStrings(CastTo(DType::kString, MakeTensor<float>({3}, {0.47892547f, -0.5f, kInf})), {3},
                {"0.47892547", "-0.5", "INF"});
  ExpectStrings(CastTo(DType::kString, MakeTensor<int64_t>({1}, {-3})), {1}, {"-3"});
  const std::string error = OpTester("Cast").Attr("to", DType::kFloat32).In(MakeStrings({1}, {"12 apples"})).Error();
  EXPECT_NE(error.find("'12 apples'"), std::string::npos) << error;
}

TEST(Cast, ReadsTypeNamesOfOldModels) {
  ExpectTensor<int64_t>(OpTester("Cast", 1).Attr("to", "INT64").In<float>({1}, {2.5f}).RunOne(), {1}, {2});
  EXPECT_NE(OpTester("Cast").In<float>({1}, {1}).Error().find("'to' is required"), std::string::npos);
}

TEST(CastLike, TakesTheDtypeOfItsSecondInput) {
  ExpectTensor<double>(OpTester("CastLike", 19).In<float>({2}, {1, 2}).In<double>({1}, {0}).RunOne(), {2}, {1, 2});
}

TEST(BitCast, KeepsTheBits) {
  ExpectTensor<int32_t>(OpTester("BitCast", 26).Attr("to", DType::kInt32).In<float>({2}, {1, -2}).RunOne(), {2},
                        {0x3f800000, static_cast<int32_t>(0xc0000000u)});
  EXPECT_EQ(OpTester("BitCast", 26).Attr("to", DType::kInt64).In<float>({1}, {1}).Error(),
            "input 0: expected a dtype as wide as int64, got float32");
}

}  // namespace
}  // namespace onedge::ops

// Elementwise functions of one input against the C library in double precision, and their special values.
#include <limits>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

struct Case {
  const char* op;
  double (*reference)(double);
  double low, high;
};

const Case kCases[] = {
    {"Abs", std::fabs, -5, 5},
    {"Ceil", std::ceil, -5, 5},
    {"Floor", std::floor, -5, 5},
    {"Round", std::nearbyint, -5, 5},
    {"Sqrt", std::sqrt, 0, 50},
    {"Exp", std::exp, -10, 10},
    {"Log", std::log, 0.001, 100},
    {"Sin", std::sin, -10, 10},
    {"Cos", std::cos, -10, 10},
    {"Tan", std::tan, -1.5, 1.5},
    {"Asin", std::asin, -1, 1},
    {"Acos", std::acos, -1, 1},
    {"Atan", std::atan, -10, 10},
    {"Sinh", std::sinh, -5, 5},
    {"Cosh", std::cosh, -5, 5},
    {"Tanh", std::tanh, -5, 5},
    {"Asinh", std::asinh, -5, 5},
    {"Acosh", std::acosh, 1, 10},
    {"Atanh", std::atanh, -0.99, 0.99},
    {"Erf", std::erf, -4, 4},
    {"Neg", [](double x) { return -x; }, -5, 5},
    {"Reciprocal", [](double x) { return 1 / x; }, 0.1, 5},
    {"Sigmoid", [](double x) { return 1 / (1 + std::exp(-x)); }, -20, 20},
    {"Softplus", [](double x) { return std::log1p(std::exp(x)); }, -20, 20},
    {"Softsign", [](double x) { return x / (1 + std::fabs(x)); }, -5, 5},
    {"Mish", [](double x) { return x * std::tanh(std::log1p(std::exp(x))); }, -8, 8},
    {"HardSwish", [](double x) { return x * std::fmax(0, std::fmin(1, x / 6 + 0.5)); }, -8, 8},
    {"Relu", [](double x) { return std::fmax(x, 0); }, -5, 5},
    {"Elu", [](double x) { return x < 0 ? std::expm1(x) : x; }, -5, 5},
    {"Celu", [](double x) { return x < 0 ? std::expm1(x) : x; }, -5, 5},
    {"Selu",
     [](double x) { return 1.05070102214813232421875 * (x > 0 ? x : 1.67326319217681884765625 * std::expm1(x)); }, -5,
     5},
    {"LeakyRelu", [](double x) { return x < 0 ? 0.01 * x : x; }, -5, 5},
    {"ThresholdedRelu", [](double x) { return x > 1 ? x : 0; }, -5, 5},
    {"HardSigmoid", [](double x) { return std::fmax(0, std::fmin(1, 0.2 * x + 0.5)); }, -5, 5},
    {"Gelu", [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); }, -6, 6},
    {"Swish", [](double x) { return x / (1 + std::exp(-x)); }, -8, 8},
};

TEST(Unary, AgreesWithTheLibraryInEveryFloatType) {
  for (const Case& c : kCases) {
    SCOPED_TRACE(c.op);
    std::vector<float> x;
    std::vector<double> expected, expected_half, expected_double;
    std::vector<float> halves;
    for (int i = 0; i < 41; ++i) {  // not a multiple of the lanes
      x.push_back(static_cast<float>(c.low + (c.high - c.low) * i / 40));
      halves.push_back(ToFloat(ToFloat16(x.back())));
      expected.push_back(c.reference(x.back()));
      expected_half.push_back(c.reference(halves.back()));
    }
    ExpectNear(OpTester(c.op, 24).In<float>({41}, x).RunOne(), {41}, expected, 1e-6);
    ExpectNear(OpTester(c.op, 24).In<double>({41}, std::vector<double>(x.begin(), x.end())).RunOne(), {41}, expected,
               1e-7);
    ExpectNear(OpTester(c.op, 24).In(MakeFloat16({41}, halves)).RunOne(), {41}, expected_half, 1e-3);
  }
}

TEST(Unary, WorksOnEmptyAndScalarTensors) {
  ExpectTensor<float>(OpTester("Exp").In<float>({0}, {}).RunOne(), {0}, {});
  ExpectTensor<float>(OpTester("Exp").In<float>({}, {0}).RunOne(), {}, {1});
}

TEST(Round, TiesGoToEvenAndSignsStay) {
  // ONNX: test_round.
  const std::vector<float> x = {0.1f, 0.5f,  0.9f,  1.2f,  1.5f,  1.8f,  2.3f, 2.5f,
                                2.7f, -1.1f, -1.5f, -1.9f, -2.2f, -2.5f, -2.8f};
  ExpectTensor<float>(OpTester("Round").In<float>({15}, x).RunOne(), {15},
                      {0, 0, 1, 1, 2, 2, 2, 2, 3, -1, -2, -2, -2, -2, -3});
  const Value y = OpTester("Ceil").In<float>({4}, {-0.5f, 1e30f, kNan, -kInf}).RunOne();
  ExpectTensor<float>(y, {4}, {0, 1e30f, kNan, -kInf});
  EXPECT_TRUE(std::signbit(y.tensor().data<float>()[0]));
}

TEST(Sign, CoversEveryNumberType) {
  ExpectTensor<float>(OpTester("Sign").In<float>({4}, {-2, 0, 3, kNan}).RunOne(), {4}, {-1, 0, 1, kNan});
  ExpectTensor<int8_t>(OpTester("Sign").In<int8_t>({3}, {-2, 0, 3}).RunOne(), {3}, {-1, 0, 1});
  ExpectTensor<uint64_t>(OpTester("Sign").In<uint64_t>({2}, {0, ~uint64_t{0}}).RunOne(), {2}, {0, 1});
}

TEST(Abs, OfTheLowestIntegerWraps) {
  ExpectTensor<int32_t>(OpTester("Abs").In<int32_t>({2}, {-5, std::numeric_limits<int32_t>::min()}).RunOne(), {2},
                        {5, std::numeric_limits<int32_t>::min()});
  ExpectTensor<int64_t>(OpTester("Neg").In<int64_t>({1}, {std::numeric_limits<int64_t>::min()}).RunOne(), {1},
                        {std::numeric_limits<int64_t>::min()});
  ExpectTensor<uint8_t>(OpTester("Abs").In<uint8_t>({1}, {255}).RunOne(), {1}, {255});
}

TEST(Neg, IsNotDefinedForUnsigned) {
  EXPECT_NE(OpTester("Neg").In<uint8_t>({1}, {1}).Error().find("not defined for uint8"), std::string::npos);
}

TEST(IsInf, DetectsWhatItsAttributesSay) {
  const std::vector<float> x = {-1.2f, kNan, kInf, 2.8f, -kInf, kInf};
  ExpectTensor<bool>(OpTester("IsInf").In<float>({6}, x).RunOne(), {6}, {false, false, true, false, true, true});
  ExpectTensor<bool>(OpTester("IsInf").Attr("detect_positive", 0).In<float>({6}, x).RunOne(), {6},
                     {false, false, false, false, true, false});
  ExpectTensor<bool>(OpTester("IsNaN").In<float>({6}, x).RunOne(), {6}, {false, true, false, false, false, false});
  ExpectTensor<bool>(OpTester("IsNaN").In(MakeRaw(DType::kFloat8E4M3Fn, {2}, {0x7f, 0x38})).RunOne(), {2},
                     {true, false});
  EXPECT_EQ(OpTester("IsNaN", 13).In(MakeRaw(DType::kFloat8E4M3Fn, {1}, {0x7f})).Error(),
            "input 0: this operator is not defined for float8e4m3fn");
}

TEST(Not, TakesBoolsOnly) {
  EXPECT_NE(OpTester("Not").In<uint8_t>({1}, {1}).Error().find("not defined for uint8"), std::string::npos);
}

TEST(Shrink, MovesTowardsZero) {
  // ONNX: test_shrink_hard, test_shrink_soft.
  const std::vector<float> x = {-2, -1, 0, 1, 2};
  ExpectTensor<float>(OpTester("Shrink").Attr("lambd", 1.5).In<float>({5}, x).RunOne(), {5}, {-2, 0, 0, 0, 2});
  ExpectTensor<float>(OpTester("Shrink").Attr("lambd", 1.5).Attr("bias", 1.5).In<float>({5}, x).RunOne(), {5},
                      {-0.5f, 0, 0, 0, 0.5f});
  ExpectTensor<int8_t>(OpTester("Shrink").Attr("lambd", 1.5).In<int8_t>({3}, {-2, 1, 2}).RunOne(), {3}, {-2, 0, 2});
}

TEST(Gelu, ReadsItsApproximation) {
  ExpectNear(OpTester("Gelu").Attr("approximate", "tanh").In<float>({3}, {-1, 0, 1}).RunOne(), {3},
             {-0.158808, 0, 0.841192},
             1e-6);  // ONNX: test_gelu_tanh_1
  EXPECT_EQ(OpTester("Gelu").Attr("approximate", "fast").In<float>({1}, {1}).Error(),
            "node 'tested' (Gelu): attribute 'approximate': expected none or tanh, got 'fast'");
}

TEST(BiasGelu, AddsTheBiasFirst) {
  const auto gelu = [](double x) { return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0))); };
  ExpectNear(
      OpTester("BiasGelu", 1, "com.microsoft").In<float>({2, 2}, {-1, 0, 1, 2}).In<float>({2}, {1, 0.5f}).RunOne(),
      {2, 2}, {gelu(0), gelu(0.5), gelu(2), gelu(2.5)}, 1e-6);
  ExpectNear(OpTester("FastGelu", 1, "com.microsoft").In<float>({3}, {-1, 0, 1}).RunOne(), {3},
             {-0.158808, 0, 0.841192}, 1e-6);
  ExpectNear(OpTester("QuickGelu", 1, "com.microsoft").In<float>({1}, {1}).RunOne(), {1}, {1 / (1 + std::exp(-1.702))},
             1e-6);
}

}  // namespace
}  // namespace onedge::ops

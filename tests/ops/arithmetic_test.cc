// Add, Sub, Mul, Div, Pow, Mod, comparisons, logic, Min/Max/Sum/Mean, Where, Clip, PRelu. Values: ONNX's examples and
// NumPy.
#include <limits>

#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
const float kNan = std::nanf("");

TEST(Add, BroadcastsLikeNumpy) {
  ExpectTensor<float>(OpTester("Add").In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).In<float>({3}, {10, 20, 30}).RunOne(),
                      {2, 3}, {11, 22, 33, 14, 25, 36});
  ExpectTensor<float>(OpTester("Add").In<float>({2, 1}, {1, 2}).In<float>({1, 3}, {10, 20, 30}).RunOne(), {2, 3},
                      {11, 21, 31, 12, 22, 32});
  ExpectTensor<float>(OpTester("Add").In<float>({}, {1}).In<float>({}, {2}).RunOne(), {}, {3});
  ExpectTensor<float>(OpTester("Add").In<float>({0, 3}, {}).In<float>({3}, {1, 2, 3}).RunOne(), {0, 3}, {});
}

TEST(Add, WalksOverFourDimensionsOfWhichEachInputLacksTwo) {
  std::vector<float> a(2 * 4), b(3 * 5), sum;
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(100 * i);
  for (size_t i = 0; i < 2; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 4; ++k)
        for (size_t l = 0; l < 5; ++l) sum.push_back(a[i * 4 + k] + b[j * 5 + l]);
  ExpectTensor<float>(OpTester("Add").In<float>({2, 1, 4, 1}, a).In<float>({3, 1, 5}, b).RunOne(), {2, 3, 4, 5}, sum);
}

TEST(Add, CutsLargeTensorsIntoChunksWithoutLosingAnElement) {
  const int64_t rows = 613, columns = 331;  // 202,903 elements: seven chunks, and no chunk starts a row
  std::vector<float> a(static_cast<size_t>(rows * columns)), b(static_cast<size_t>(columns)), sum(a.size());
  for (size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(i);
  for (size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(i) * 0.5f;
  for (size_t i = 0; i < a.size(); ++i) sum[i] = a[i] + b[i % b.size()];
  ExpectTensor<float>(OpTester("Add").In<float>({rows, columns}, a).In<float>({columns}, b).RunOne(), {rows, columns},
                      sum);
}

TEST(Add, RefusesShapesThatDoNotBroadcast) {
  const std::string error = OpTester("Add").In<float>({2}, {1, 2}).In<float>({3}, {1, 2, 3}).Error();
  EXPECT_NE(error.find("do not broadcast"), std::string::npos) << error;
}

TEST(Add, RefusesStringsAndMixedDtypes) {
  EXPECT_NE(
      OpTester("Add").In(MakeStrings({1}, {"a"})).In(MakeStrings({1}, {"b"})).Error().find("not defined for string"),
      std::string::npos);
  EXPECT_NE(OpTester("Add").In<float>({1}, {1}).In<int64_t>({1}, {1}).Error().find("float32 and int64"),
            std::string::npos);
}

TEST(Add, FollowsTheAxisOfOldOpsets) {
  // ONNX, Add-6: shape(A) = (2, 3, 4, 5), shape(B) = (3, 4), with axis = 1.
  ExpectTensor<float>(OpTester("Add", 6)
                          .Attr("broadcast", 1)
                          .Attr("axis", 0)
                          .In<float>({2, 3}, {1, 2, 3, 4, 5, 6})
                          .In<float>({2}, {10, 20})
                          .RunOne(),
                      {2, 3}, {11, 12, 13, 24, 25, 26});
  EXPECT_EQ(OpTester("Add", 6).In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).In<float>({3}, {1, 2, 3}).Error(),
            "inputs of rank 2 and 1 need attribute 'broadcast' before opset 7");
}

TEST(Add, ComputesHalvesInFloat) {
  const Value y = OpTester("Add").In(MakeFloat16({2}, {1, 2048})).In(MakeFloat16({2}, {0.5f, 1})).RunOne();
  ExpectNear(y, {2}, {1.5, 2048}, 0);  // 2049 is a tie between 2048 and 2050
  ExpectNear(OpTester("Add").In(MakeBfloat16({1}, {1})).In(MakeBfloat16({1}, {0.5f})).RunOne(), {1}, {1.5}, 0);
}

TEST(Add, WrapsNarrowIntegers) {
  ExpectTensor<int8_t>(OpTester("Add").In<int8_t>({2}, {127, -128}).In<int8_t>({}, {1}).RunOne(), {2}, {-128, -127});
  ExpectTensor<uint8_t>(OpTester("Add").In<uint8_t>({1}, {250}).In<uint8_t>({1}, {10}).RunOne(), {1}, {4});
  ExpectTensor<int64_t>(
      OpTester("Add").In<int64_t>({1}, {std::numeric_limits<int64_t>::max()}).In<int64_t>({1}, {1}).RunOne(), {1},
      {std::numeric_limits<int64_t>::min()});
}

TEST(Sub, SubtractsUnsignedIntegersModulo) {
  ExpectTensor<uint32_t>(OpTester("Sub").In<uint32_t>({1}, {1}).In<uint32_t>({1}, {2}).RunOne(), {1}, {0xffffffffu});
}

TEST(Mul, MultipliesEveryDtype) {
  ExpectTensor<double>(OpTester("Mul").In<double>({2}, {1.5, 2}).In<double>({2}, {2, 4}).RunOne(), {2}, {3, 8});
  ExpectTensor<int16_t>(OpTester("Mul").In<int16_t>({2}, {3, -4}).In<int16_t>({2}, {5, 6}).RunOne(), {2}, {15, -24});
  ExpectTensor<uint64_t>(OpTester("Mul").In<uint64_t>({1}, {3}).In<uint64_t>({1}, {5}).RunOne(), {1}, {15});
}

TEST(Div, TruncatesIntegersAndSurvivesZero) {
  ExpectTensor<int32_t>(OpTester("Div")
                            .In<int32_t>({4}, {7, -7, 5, std::numeric_limits<int32_t>::min()})
                            .In<int32_t>({4}, {2, 2, 0, -1})
                            .RunOne(),
                        {4}, {3, -3, 0, std::numeric_limits<int32_t>::min()});
  ExpectTensor<float>(OpTester("Div").In<float>({3}, {1, -1, 0}).In<float>({}, {0}).RunOne(), {3}, {kInf, -kInf, kNan});
}

TEST(Pow, MixesDtypesAndKeepsTheBases) {
  ExpectTensor<float>(OpTester("Pow").In<float>({3}, {1, 2, 3}).In<int64_t>({3}, {4, 5, 6}).RunOne(), {3},
                      {1, 32, 729});
  ExpectTensor<int64_t>(OpTester("Pow").In<int64_t>({3}, {1, 2, 3}).In<float>({3}, {4, 5, 6}).RunOne(), {3},
                        {1, 32, 729});
  ExpectTensor<int32_t>(OpTester("Pow").In<int32_t>({3}, {1, 2, -3}).In<uint64_t>({3}, {4, 5, 3}).RunOne(), {3},
                        {1, 32, -27});
  ExpectNear(OpTester("Pow").In(MakeFloat16({2}, {2, 3})).In<int32_t>({}, {2}).RunOne(), {2}, {4, 9}, 0);
}

TEST(Pow, TakesSquareCubeRootAndOthers) {
  for (double exponent : {2.0, 3.0, 0.5, -1.0, 1.7, 0.0}) {
    std::vector<double> expected;
    for (double x : {0.0, 0.25, 1.0, 2.0, 10.0}) expected.push_back(std::pow(x, exponent));
    ExpectNear(
        OpTester("Pow").In<float>({5}, {0, 0.25f, 1, 2, 10}).In<float>({}, {static_cast<float>(exponent)}).RunOne(),
        {5}, expected, 2e-7);
  }
  ExpectTensor<float>(OpTester("Pow").In<float>({2}, {-kInf, -0.0f}).In<float>({}, {0.5f}).RunOne(), {2}, {kInf, 0});
}

TEST(Pow, DefinesIntegersOfNegativeExponent) {
  ExpectTensor<int64_t>(
      OpTester("Pow").In<int64_t>({5}, {1, -1, -1, 2, 0}).In<int64_t>({5}, {-3, -3, -2, -1, -1}).RunOne(), {5},
      {1, -1, 1, 0, 0});
}

TEST(Mod, FollowsTheDivisorOrTheDividend) {
  // ONNX: test_mod_mixed_sign_int64, test_mod_int64_fmod, test_mod_mixed_sign_float32.
  const std::vector<int64_t> x = {-4, 7, 5, 4, -7, 8}, y = {2, -3, 8, -2, 3, 5};
  ExpectTensor<int64_t>(OpTester("Mod").In<int64_t>({6}, x).In<int64_t>({6}, y).RunOne(), {6}, {0, -2, 5, 0, 2, 3});
  ExpectTensor<int64_t>(OpTester("Mod").Attr("fmod", 1).In<int64_t>({6}, x).In<int64_t>({6}, y).RunOne(), {6},
                        {0, 1, 5, 0, -1, 3});
  ExpectNear(OpTester("Mod")
                 .Attr("fmod", 1)
                 .In<float>({6}, {-4.3f, 7.2f, 5, 4.3f, -7.2f, 8})
                 .In<float>({6}, {2.1f, -3.4f, 8, -2.1f, 3.4f, 5})
                 .RunOne(),
             {6}, {-0.1, 0.4, 5, 0.1, -0.4, 3}, 1e-6);
  ExpectTensor<int8_t>(OpTester("Mod").In<int8_t>({2}, {5, -128}).In<int8_t>({2}, {0, -1}).RunOne(), {2}, {0, 0});
}

TEST(Mod, NeedsFmodForFloats) {
  EXPECT_NE(OpTester("Mod").In<float>({1}, {1}).In<float>({1}, {1}).Error().find("not defined for float32"),
            std::string::npos);
}

TEST(Equal, ComparesNumbersBoolsAndStrings) {
  ExpectTensor<bool>(OpTester("Equal").In<float>({3}, {1, kNan, 0}).In<float>({3}, {1, kNan, -0.0f}).RunOne(), {3},
                     {true, false, true});
  ExpectTensor<bool>(OpTester("Equal").In<bool>({2}, {true, false}).In<bool>({}, {false}).RunOne(), {2}, {false, true});
  ExpectTensor<bool>(OpTester("Equal").In(MakeStrings({2}, {"a", "b"})).In(MakeStrings({1}, {"b"})).RunOne(), {2},
                     {false, true});
  EXPECT_EQ(OpTester("Equal", 13).In(MakeStrings({1}, {"a"})).In(MakeStrings({1}, {"b"})).Error(),
            "input 0: this operator is not defined for string");
}

TEST(Less, AndItsLikesCompare) {
  const auto run = [](const char* op) {
    return OpTester(op).In<int64_t>({3}, {1, 2, 3}).In<int64_t>({3}, {2, 2, 2}).RunOne();
  };
  ExpectTensor<bool>(run("Less"), {3}, {true, false, false});
  ExpectTensor<bool>(run("LessOrEqual"), {3}, {true, true, false});
  ExpectTensor<bool>(run("Greater"), {3}, {false, false, true});
  ExpectTensor<bool>(run("GreaterOrEqual"), {3}, {false, true, true});
  ExpectTensor<bool>(OpTester("Less").In<uint8_t>({1}, {200}).In<uint8_t>({1}, {100}).RunOne(), {1}, {false});
  ExpectTensor<bool>(OpTester("Greater").In(MakeFloat16({1}, {2})).In(MakeFloat16({1}, {1})).RunOne(), {1}, {true});
}

TEST(And, OrXorNotFollowTheirTruthTables) {
  const std::vector<bool> a = {false, false, true, true}, b = {false, true, false, true};
  ExpectTensor<bool>(OpTester("And").In<bool>({4}, a).In<bool>({4}, b).RunOne(), {4}, {false, false, false, true});
  ExpectTensor<bool>(OpTester("Or").In<bool>({4}, a).In<bool>({4}, b).RunOne(), {4}, {false, true, true, true});
  ExpectTensor<bool>(OpTester("Xor").In<bool>({4}, a).In<bool>({4}, b).RunOne(), {4}, {false, true, true, false});
  ExpectTensor<bool>(OpTester("Not").In<bool>({4}, a).RunOne(), {4}, {true, true, false, false});
}

TEST(BitShift, ShiftsAndEmptiesBeyondTheWidth) {
  ExpectTensor<uint8_t>(
      OpTester("BitShift").Attr("direction", "LEFT").In<uint8_t>({3}, {16, 4, 1}).In<uint8_t>({3}, {1, 2, 9}).RunOne(),
      {3}, {32, 16, 0});
  ExpectTensor<uint64_t>(OpTester("BitShift")
                             .Attr("direction", "RIGHT")
                             .In<uint64_t>({3}, {16, 4, 1})
                             .In<uint64_t>({3}, {1, 2, 64})
                             .RunOne(),
                         {3}, {8, 1, 0});
  EXPECT_EQ(OpTester("BitShift").Attr("direction", "UP").In<uint8_t>({1}, {1}).In<uint8_t>({1}, {1}).Error(),
            "node 'tested' (BitShift): attribute 'direction': expected LEFT or RIGHT, got 'UP'");
}

TEST(BitwiseAnd, OrXorNotWorkOnBits) {
  ExpectTensor<int8_t>(OpTester("BitwiseAnd").In<int8_t>({2}, {-1, 6}).In<int8_t>({2}, {5, 3}).RunOne(), {2}, {5, 2});
  ExpectTensor<uint16_t>(OpTester("BitwiseOr").In<uint16_t>({1}, {6}).In<uint16_t>({1}, {9}).RunOne(), {1}, {15});
  ExpectTensor<int64_t>(OpTester("BitwiseXor").In<int64_t>({1}, {6}).In<int64_t>({1}, {3}).RunOne(), {1}, {5});
  ExpectTensor<uint8_t>(OpTester("BitwiseNot").In<uint8_t>({1}, {0x0f}).RunOne(), {1}, {0xf0});
}

TEST(Max, TakesAnyNumberOfInputsAndPassesNanOn) {
  ExpectTensor<float>(OpTester("Max").In<float>({3}, {3, 2, 1}).In<float>({3}, {1, 4, 4}).In<float>({1}, {2}).RunOne(),
                      {3}, {3, 4, 4});
  ExpectTensor<float>(OpTester("Max").In<float>({2}, {kNan, 1}).In<float>({2}, {1, kNan}).RunOne(), {2}, {kNan, kNan});
  ExpectTensor<int8_t>(OpTester("Min").In<int8_t>({2}, {-3, 2}).In<int8_t>({2}, {1, -4}).RunOne(), {2}, {-3, -4});
  ExpectTensor<float>(OpTester("Max").In<float>({2}, {1, 2}).RunOne(), {2}, {1, 2});
}

TEST(Mean, DividesTheSumByTheNumberOfInputs) {
  ExpectTensor<float>(
      OpTester("Mean").In<float>({3}, {3, 0, 2}).In<float>({3}, {1, 3, 4}).In<float>({3}, {2, 6, 6}).RunOne(), {3},
      {2, 3, 4});
  ExpectNear(OpTester("Mean").In(MakeFloat16({1}, {1})).In(MakeFloat16({1}, {4})).RunOne(), {1}, {2.5}, 0);
  ExpectTensor<double>(
      OpTester("Sum").In<double>({2}, {1, 2}).In<double>({2, 1}, {10, 20}).In<double>({}, {100}).RunOne(), {2, 2},
      {111, 112, 121, 122});
}

TEST(Where, SelectsFromAnyDtypeWithBroadcasting) {
  ExpectTensor<float>(OpTester("Where")
                          .In<bool>({2, 2}, {true, false, true, true})
                          .In<float>({2, 2}, {1, 2, 3, 4})
                          .In<float>({2, 2}, {9, 8, 7, 6})
                          .RunOne(),
                      {2, 2}, {1, 8, 3, 4});
  ExpectTensor<int64_t>(
      OpTester("Where").In<bool>({2, 1}, {true, false}).In<int64_t>({}, {7}).In<int64_t>({3}, {1, 2, 3}).RunOne(),
      {2, 3}, {7, 7, 7, 1, 2, 3});
  ExpectStrings(OpTester("Where")
                    .In<bool>({2}, {true, false})
                    .In(MakeStrings({1}, {"x"}))
                    .In(MakeStrings({2}, {"a", "b"}))
                    .RunOne(),
                {2}, {"x", "b"});
}

TEST(Clip, TakesItsBoundsFromInputsOrAttributes) {
  ExpectTensor<float>(OpTester("Clip").In<float>({3}, {-2, 0, 2}).In<float>({}, {-1}).In<float>({}, {1}).RunOne(), {3},
                      {-1, 0, 1});
  ExpectTensor<float>(OpTester("Clip").In<float>({3}, {-2, 0, 2}).Omit().In<float>({}, {1}).RunOne(), {3}, {-2, 0, 1});
  ExpectTensor<float>(OpTester("Clip", 6).Attr("min", 0.0).Attr("max", 6.0).In<float>({4}, {-1, 3, 7, kNan}).RunOne(),
                      {4}, {0, 3, 6, kNan});
  ExpectTensor<int8_t>(OpTester("Clip").In<int8_t>({3}, {-9, 0, 9}).In<int8_t>({}, {-3}).RunOne(), {3}, {-3, 0, 9});
  ExpectTensor<float>(OpTester("Clip").In<float>({3}, {-2, 0, 6}).In<float>({}, {2}).In<float>({}, {1}).RunOne(), {3},
                      {1, 1, 1});  // ONNX: test_clip_min_greater_than_max
}

TEST(PRelu, BroadcastsItsSlope) {
  ExpectTensor<float>(OpTester("PRelu").In<float>({1, 2, 2}, {-1, 2, -3, 4}).In<float>({2, 1}, {0.5f, 0.25f}).RunOne(),
                      {1, 2, 2}, {-0.5f, 2, -0.75f, 4});
  ExpectTensor<float>(OpTester("PRelu", 6).In<float>({1, 2, 2}, {-1, 2, -3, 4}).In<float>({2}, {0.5f, 0.25f}).RunOne(),
                      {1, 2, 2}, {-0.5f, 2, -0.75f, 4});
  EXPECT_EQ(OpTester("PRelu").In<float>({2}, {1, 2}).In<float>({3}, {1, 2, 3}).Error(),
            "slope: expected a shape that broadcasts to [2], got [3]");
}

}  // namespace
}  // namespace onedge::ops

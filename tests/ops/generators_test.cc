// Range, Dropout, the random operators, Einsum and Det.
#include "tests/ops/op_tester.h"

namespace onedge::ops {
namespace {

TEST(Range, CountsUpAndDown) {
  ExpectTensor<int32_t>(OpTester("Range").In<int32_t>({}, {10}).In<int32_t>({}, {6}).In<int32_t>({}, {-3}).RunOne(),
                        {2}, {10, 7});
  ExpectTensor<float>(OpTester("Range").In<float>({}, {1}).In<float>({}, {5}).In<float>({}, {2}).RunOne(), {2}, {1, 3});
  ExpectTensor<int64_t>(OpTester("Range").In<int64_t>({}, {3}).In<int64_t>({}, {3}).In<int64_t>({}, {1}).RunOne(), {0},
                        {});
}

TEST(Range, RefusesWhatNeverEndsOrNeverFits) {
  const auto run = [](int64_t start, int64_t limit, int64_t delta) {
    return OpTester("Range").In<int64_t>({}, {start}).In<int64_t>({}, {limit}).In<int64_t>({}, {delta}).Error();
  };
  EXPECT_NE(run(0, 1, 0).find("delta"), std::string::npos);
  EXPECT_NE(run(std::numeric_limits<int64_t>::min(), std::numeric_limits<int64_t>::max(), 1).find("too long"),
            std::string::npos);
  EXPECT_EQ(OpTester("Range").In<float>({}, {0}).In<float>({}, {INFINITY}).In<float>({}, {1}).Error(),
            "a range of inf elements is too long");
}

TEST(Dropout, PassesOnOutsideTraining) {
  ExpectTensor<float>(OpTester("Dropout").In<float>({2}, {1, 2}).In<float>({}, {0.9f}).RunOne(), {2}, {1, 2});
  const auto outputs = OpTester("Dropout", 10).Attr("ratio", 0.5).Outputs(2).In<float>({2}, {1, 2}).Run();
  ExpectTensor<float>(outputs[0], {2}, {1, 2});
  ExpectTensor<bool>(outputs[1], {2}, {true, true});
}

TEST(Dropout, DropsAndScalesWhileTraining) {
  const std::vector<float> ones(4000, 1.0f);
  const auto outputs = OpTester("Dropout")
                           .Attr("seed", 3)
                           .Outputs(2)
                           .In<float>({4000}, ones)
                           .In<float>({}, {0.75f})
                           .In<bool>({}, {true})
                           .Run();
  ASSERT_TRUE(outputs[0].is_tensor() && outputs[1].is_tensor());
  int kept = 0;
  for (size_t i = 0; i < 4000; ++i) {
    const bool mask = outputs[1].tensor().bytes()[i] != 0;
    EXPECT_EQ(outputs[0].tensor().data<float>()[i], mask ? 4.0f : 0.0f);
    kept += mask;
  }
  EXPECT_NEAR(kept, 1000, 120);  // four standard deviations
  ExpectTensor<float>(OpTester("Dropout").In<float>({2}, {1, 2}).In<float>({}, {0}).In<bool>({}, {true}).RunOne(), {2},
                      {1, 2});
}

TEST(RandomNormal, HasItsMeanAndScale) {
  const Value y = OpTester("RandomNormal").Attr("mean", 2.0).Attr("scale", 3.0).Ints("shape", {100, 100}).RunOne();
  ASSERT_TRUE(y.is_tensor());
  double sum = 0, squares = 0;
  for (float value : y.tensor().values<float>()) sum += value, squares += value * value;
  EXPECT_NEAR(sum / 1e4, 2, 0.12);
  EXPECT_NEAR(std::sqrt(squares / 1e4 - sum * sum / 1e8), 3, 0.1);
}

TEST(RandomNormalLike, TakesShapeAndDtypeOfItsInputAndKeepsItsSeed) {
  const auto run = [](double seed) {
    const std::vector<double> x(10000);
    return OpTester("RandomNormalLike")
        .Attr("mean", -1.0)
        .Attr("scale", 0.5)
        .Attr("seed", seed)
        .In<double>({100, 100}, x)
        .RunOne();
  };
  const Value y = run(4);
  ASSERT_TRUE(y.is_tensor());
  ASSERT_EQ(y.tensor().ToString(), "float64 [100, 100]");
  double sum = 0, squares = 0;
  for (double value : y.tensor().values<double>()) sum += value, squares += value * value;
  EXPECT_NEAR(sum / 1e4, -1, 0.02);
  EXPECT_NEAR(std::sqrt(squares / 1e4 - sum * sum / 1e8), 0.5, 0.02);
  const auto values = [](const Value& value) {
    return std::vector<double>(value.tensor().values<double>().begin(), value.tensor().values<double>().end());
  };
  EXPECT_EQ(values(run(4)), values(y));
  EXPECT_NE(values(run(5)), values(y));
}

TEST(RandomNormalLike, GivesTheDtypeThatIsAskedFor) {
  const Value y = OpTester("RandomNormalLike").Attr("dtype", DType::kFloat32).In<int32_t>({3}, {1, 2, 3}).RunOne();
  ASSERT_TRUE(y.is_tensor());
  EXPECT_EQ(y.tensor().ToString(), "float32 [3]");
}

TEST(RandomUniform, FillsItsShapeEvenly) {
  const auto run = [](double seed) {
    return OpTester("RandomUniform")
        .Attr("low", -2.0)
        .Attr("high", 6.0)
        .Attr("seed", seed)
        .Ints("shape", {50, 80})
        .RunOne();
  };
  const Value y = run(3);
  ASSERT_TRUE(y.is_tensor());
  ASSERT_EQ(y.tensor().ToString(), "float32 [50, 80]");
  int quarters[4] = {};
  for (float value : y.tensor().values<float>()) {
    ASSERT_TRUE(value >= -2 && value < 6) << value;
    ++quarters[static_cast<int>((value + 2) / 2)];
  }
  for (int count : quarters) EXPECT_NEAR(count, 1000, 130);
  const auto values = [](const Value& value) {
    return std::vector<float>(value.tensor().values<float>().begin(), value.tensor().values<float>().end());
  };
  EXPECT_EQ(values(run(3)), values(y));
  EXPECT_NE(values(run(4)), values(y));
}

TEST(RandomUniformLike, StaysInItsRangeAndKeepsItsSeed) {
  const auto run = [](bool seeded) {
    OpTester tester("RandomUniformLike");
    tester.Attr("low", 1.0)
        .Attr("high", 2.0)
        .Attr("dtype", DType::kFloat64)
        .In<float>({1000}, std::vector<float>(1000));
    if (seeded) tester.Attr("seed", 5.0);
    const Value y = tester.RunOne();
    return std::vector<double>(y.tensor().values<double>().begin(), y.tensor().values<double>().end());
  };
  const auto first = run(true);
  for (double value : first) EXPECT_TRUE(value >= 1 && value < 2) << value;
  EXPECT_EQ(first, run(true));
  EXPECT_NE(run(false), run(false));
}

TEST(Bernoulli, DrawsWithTheGivenProbability) {
  const std::vector<float> p(4000, 0.25f);
  const Value y = OpTester("Bernoulli").Attr("dtype", DType::kInt32).Attr("seed", 1.0).In<float>({4000}, p).RunOne();
  ASSERT_TRUE(y.is_tensor());
  int ones = 0;
  for (int32_t value : y.tensor().values<int32_t>()) ones += value;
  EXPECT_NEAR(ones, 1000, 120);
}

TEST(Multinomial, DrawsClassesByTheirLogProbability) {
  const Value y = OpTester("Multinomial")
                      .Attr("sample_size", 4000)
                      .Attr("dtype", DType::kInt64)
                      .Attr("seed", 1.0)
                      .In<float>({1, 3}, {std::log(0.25f), std::log(0.75f), -INFINITY})
                      .RunOne();
  ASSERT_TRUE(y.is_tensor());
  int counts[3] = {};
  for (int64_t value : y.tensor().values<int64_t>()) ++counts[value];
  EXPECT_NEAR(counts[0], 1000, 120);
  EXPECT_EQ(counts[2], 0);
}

Value RunEinsum(const char* equation, const std::vector<Tensor>& inputs) {
  OpTester tester("Einsum");
  tester.Attr("equation", equation);
  for (const Tensor& input : inputs) tester.In(input);
  return tester.RunOne();
}

TEST(Einsum, SumsTransposesAndMultiplies) {
  const Tensor a = MakeTensor<float>({2, 3}, {1, 2, 3, 4, 5, 6});
  const Tensor b = MakeTensor<float>({3, 2}, {1, 0, 0, 1, 1, 1});
  ExpectTensor<float>(RunEinsum("ij->ji", {a}), {3, 2}, {1, 4, 2, 5, 3, 6});
  ExpectTensor<float>(RunEinsum("ij", {a}), {2, 3}, {1, 2, 3, 4, 5, 6});
  ExpectTensor<float>(RunEinsum("ij->i", {a}), {2}, {6, 15});
  ExpectTensor<float>(RunEinsum("ij->", {a}), {}, {21});
  ExpectTensor<float>(RunEinsum("ij,jk->ik", {a, b}), {2, 2}, {4, 5, 10, 11});
  ExpectTensor<float>(RunEinsum("ij, jk", {a, b}), {2, 2}, {4, 5, 10, 11});
  ExpectTensor<float>(RunEinsum("ij,kj->ik", {a, a}), {2, 2}, {14, 32, 32, 77});
  ExpectTensor<float>(RunEinsum("ij,jk,k->i", {a, b, MakeTensor<float>({2}, {1, 10})}), {2}, {54, 120});
  ExpectTensor<float>(RunEinsum("i,j->ij", {MakeTensor<float>({2}, {1, 2}), MakeTensor<float>({2}, {3, 4})}), {2, 2},
                      {3, 4, 6, 8});
}

TEST(Einsum, KnowsDiagonalsAndTheEllipsis) {
  const Tensor a = MakeTensor<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  ExpectTensor<float>(RunEinsum("...ii->...i", {a}), {2, 2}, {1, 4, 5, 8});
  ExpectTensor<float>(RunEinsum("...ij,...jk", {a, MakeTensor<float>({2, 2}, {0, 1, 1, 0})}), {2, 2, 2},
                      {2, 1, 4, 3, 6, 5, 8, 7});
  ExpectTensor<int32_t>(RunEinsum("ii", {MakeTensor<int32_t>({2, 2}, {1, 2, 3, 4})}), {}, {5});
}

TEST(Einsum, RefusesWhatDoesNotFit) {
  const auto error = [](const char* equation) {
    return OpTester("Einsum").Attr("equation", equation).In<float>({2, 3}, {1, 2, 3, 4, 5, 6}).Error();
  };
  EXPECT_NE(error("ijk->i").find("rank 2"), std::string::npos);
  EXPECT_EQ(error("ii->i"), "shapes do not broadcast: 2 against 3 in dimension 0");
  EXPECT_NE(error("ij->k").find("'k'"), std::string::npos);
  EXPECT_EQ(error("i1->i"),
            "node 'tested' (Einsum): attribute 'equation': 'i1' is not a list of letters with at most one ellipsis");
  EXPECT_NE(error("ij,jk->ik").find("2 inputs"), std::string::npos);
}

TEST(Det, FollowsTheDefinition) {
  // ONNX: test_det_2d, test_det_nd.
  ExpectNear(OpTester("Det").In<float>({2, 2}, {0, 1, 2, 3}).RunOne(), {}, {-2}, 1e-6);
  ExpectNear(OpTester("Det").In<float>({3, 2, 2}, {1, 2, 3, 4, 1, 2, 2, 1, 1, 3, 3, 1}).RunOne(), {3}, {-2, -3, -8},
             1e-6);
  ExpectNear(OpTester("Det").In<double>({2, 2}, {1, 2, 2, 4}).RunOne(), {}, {0}, 1e-12);
}

}  // namespace
}  // namespace onedge::ops

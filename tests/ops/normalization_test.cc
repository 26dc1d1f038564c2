// Normalizations against their formulas in double.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

struct Statistics {
  double mean = 0, variance = 0;
};
Statistics Of(const std::vector<float>& x, size_t first, size_t count) {
  Statistics s;
  for (size_t i = 0; i < count; ++i) s.mean += x[first + i];
  s.mean /= static_cast<double>(count);
  for (size_t i = 0; i < count; ++i) s.variance += (x[first + i] - s.mean) * (x[first + i] - s.mean);
  s.variance /= static_cast<double>(count);
  return s;
}

TEST(LayerNormalization, AgreesWithDoubleFarFromZero) {
  // A mean of 1000 with a deviation of 1: E[x^2] - E[x]^2 in float would lose the variance.
  for (int64_t size : {1, 7, 8, 64, 77}) {
    RandomTensors random(static_cast<uint64_t>(size));
    const auto x = random.Floats(3 * size, 999, 1001);
    const auto scale = random.Floats(size);
    const auto bias = random.Floats(size);
    std::vector<double> expected, means, inverses;
    for (size_t row = 0; row < 3; ++row) {
      const auto s = Of(x, row * static_cast<size_t>(size), static_cast<size_t>(size));
      means.push_back(s.mean);
      inverses.push_back(1 / std::sqrt(s.variance + 1e-5));
      for (size_t i = 0; i < static_cast<size_t>(size); ++i) {
        expected.push_back((x[row * static_cast<size_t>(size) + i] - s.mean) * inverses.back() * scale[i] + bias[i]);
      }
    }
    const auto outputs = OpTester("LayerNormalization", 17)
                             .Outputs(3)
                             .In<float>({3, size}, x)
                             .In<float>({size}, scale)
                             .In<float>({size}, bias)
                             .Run();
    ExpectNear(outputs[0], {3, size}, expected, 1e-3);
    ExpectNear(outputs[1], {3, 1}, means, 1e-6);
    ExpectNear(outputs[2], {3, 1}, inverses, 1e-3);
  }
}

TEST(LayerNormalization, NormalisesFromAnyAxisOn) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6, 7, 8};
  const double deviation = std::sqrt(1.25 + 1e-5);
  std::vector<double> expected;
  for (double v : {-1.5, -0.5, 0.5, 1.5, -1.5, -0.5, 0.5, 1.5}) expected.push_back(v / deviation);
  ExpectNear(OpTester("LayerNormalization", 17)
                 .Attr("axis", 1)
                 .In<float>({2, 2, 2}, x)
                 .In<float>({2, 2}, {1, 1, 1, 1})
                 .RunOne(),
             {2, 2, 2}, expected, 1e-6);
  ExpectNear(
      OpTester("LayerNormalization", 17).Attr("axis", -2).In<float>({2, 2, 2}, x).In<float>({2, 1}, {1, 10}).RunOne(),
      {2, 2, 2},
      {expected[0], expected[1], expected[2] * 10, expected[3] * 10, expected[4], expected[5], expected[6] * 10,
       expected[7] * 10},
      1e-6);
}

TEST(LayerNormalization, ComputesHalvesInFloat) {
  const auto outputs = OpTester("LayerNormalization", 17)
                           .Outputs(2)
                           .In(MakeFloat16({1, 4}, {1, 2, 3, 4}))
                           .In(MakeFloat16({4}, {1, 1, 1, 1}))
                           .Run();
  ExpectNear(outputs[0], {1, 4}, {-1.3416, -0.4472, 0.4472, 1.3416}, 1e-3);
  EXPECT_EQ(outputs[1].tensor().dtype(), DType::kFloat32);
}

TEST(LayerNormalization, TakesScalesAndBiasesThatBroadcastToX) {
  RandomTensors random(5);
  const auto x = random.Floats(2 * 3 * 4);
  struct Case {
    Shape scale, bias;
  };
  const Case cases[] = {{{3, 4}, {4}},       {{1, 3, 4}, {1, 3, 4}}, {{2, 3, 4}, {2, 3, 4}}, {{2, 1, 4}, {3, 1}},
                        {{2, 1, 1}, {1, 4}}, {{}, {2, 3, 1}},        {{1}, {1, 1, 1}}};
  for (const Case& c : cases) {
    const auto scale = random.Floats(static_cast<size_t>(c.scale.element_count()));
    const auto bias = random.Floats(static_cast<size_t>(c.bias.element_count()));
    // The element of a parameter for x[b, s, d].
    const auto at = [](const std::vector<float>& values, const Shape& shape, const size_t(&index)[3]) {
      size_t offset = 0;
      for (size_t d = 0; d < shape.rank(); ++d) {
        const auto size = static_cast<size_t>(shape[d]);
        offset = offset * size + (size == 1 ? 0 : index[3 - shape.rank() + d]);
      }
      return static_cast<double>(values[offset]);
    };
    std::vector<double> expected;
    for (size_t b = 0; b < 2; ++b) {
      for (size_t s = 0; s < 3; ++s) {
        const auto row = Of(x, (b * 3 + s) * 4, 4);
        for (size_t d = 0; d < 4; ++d) {
          const double normal = (x[(b * 3 + s) * 4 + d] - row.mean) / std::sqrt(row.variance + 1e-5);
          expected.push_back(normal * at(scale, c.scale, {b, s, d}) + at(bias, c.bias, {b, s, d}));
        }
      }
    }
    SCOPED_TRACE(StrCat("scale ", c.scale, " bias ", c.bias));
    ExpectNear(OpTester("LayerNormalization", 17)
                   .In<float>({2, 3, 4}, x)
                   .In<float>(c.scale, scale)
                   .In<float>(c.bias, bias)
                   .RunOne(),
               {2, 3, 4}, expected, 1e-5);
  }
}

TEST(LayerNormalization, RefusesAScaleThatWouldExpandX) {
  const std::string error = OpTester("LayerNormalization", 17)
                                .In<float>({1, 4}, {1, 2, 3, 4})
                                .In<float>({2, 4}, std::vector<float>(8))
                                .Error();
  EXPECT_NE(error.find("input 1: expected a shape that broadcasts to"), std::string::npos) << error;
}

TEST(LayerNormalization, NamesAScaleThatDoesNotFit) {
  const std::string error =
      OpTester("LayerNormalization", 17).In<float>({1, 4}, {1, 2, 3, 4}).In<float>({3}, {1, 1, 1}).Error();
  EXPECT_NE(error.find("input 1"), std::string::npos) << error;
}

TEST(RMSNormalization, DividesByTheRootMeanSquare) {
  const double rms = std::sqrt((1 + 4 + 9 + 16) / 4.0 + 1e-5);
  ExpectNear(OpTester("RMSNormalization", 23).In<float>({1, 4}, {1, 2, 3, -4}).In<float>({4}, {1, 2, 1, 1}).RunOne(),
             {1, 4}, {1 / rms, 4 / rms, 3 / rms, -4 / rms}, 1e-6);
}

TEST(SkipLayerNormalization, AddsThenNormalises) {
  RandomTensors random(1);
  const auto x = random.Floats(2 * 3 * 8);
  const auto skip = random.Floats(2 * 3 * 8);
  const auto gamma = random.Floats(8), beta = random.Floats(8), bias = random.Floats(8);
  std::vector<float> sum;
  for (size_t i = 0; i < x.size(); ++i) sum.push_back(x[i] + skip[i] + bias[i % 8]);
  std::vector<double> expected;
  for (size_t row = 0; row < 6; ++row) {
    const auto s = Of(sum, row * 8, 8);
    for (size_t i = 0; i < 8; ++i)
      expected.push_back((sum[row * 8 + i] - s.mean) / std::sqrt(s.variance + 1e-5) * gamma[i] + beta[i]);
  }
  const auto run = [&](size_t outputs) {
    return OpTester("SkipLayerNormalization", 1, "com.microsoft")
        .Attr("epsilon", 1e-5)
        .Outputs(outputs)
        .In<float>({2, 3, 8}, x)
        .In<float>({2, 3, 8}, skip)
        .In<float>({8}, gamma)
        .In<float>({8}, beta)
        .In<float>({8}, bias)
        .Run();
  };
  ExpectNear(run(1)[0], {2, 3, 8}, expected, 1e-5);
  const auto outputs = run(4);
  ExpectNear(outputs[0], {2, 3, 8}, expected, 1e-5);
  ExpectNear(outputs[3], {2, 3, 8}, std::vector<double>(sum.begin(), sum.end()), 1e-6);
}

TEST(BatchNormalization, UsesTheGivenStatistics) {
  ExpectNear(OpTester("BatchNormalization", 15)
                 .Attr("epsilon", 0.0)
                 .In<float>({1, 2, 2}, {1, 2, 3, 4})
                 .In<float>({2}, {1, 2})
                 .In<float>({2}, {0, 1})
                 .In<float>({2}, {1, 3})
                 .In<float>({2}, {4, 16})
                 .RunOne(),
             {1, 2, 2}, {0, 0.5, 1, 1.5}, 1e-6);
}

TEST(BatchNormalization, TrainsWithTheBatchsOwn) {
  // Channel 0: 1, 3 -> mean 2, variance 1; channel 1: 0, 4 -> mean 2, variance 4.
  const auto outputs = OpTester("BatchNormalization", 15)
                           .Attr("epsilon", 0.0)
                           .Attr("momentum", 0.75)
                           .Attr("training_mode", 1)
                           .Outputs(3)
                           .In<float>({2, 2}, {1, 0, 3, 4})
                           .In<float>({2}, {1, 1})
                           .In<float>({2}, {0, 0})
                           .In<float>({2}, {10, 20})
                           .In<float>({2}, {8, 16})
                           .Run();
  ExpectNear(outputs[0], {2, 2}, {-1, -1, 1, 1}, 1e-6);
  ExpectNear(outputs[1], {2}, {8, 15.5}, 1e-6);
  ExpectNear(outputs[2], {2}, {6.25, 13}, 1e-6);
}

TEST(LRN, DividesByTheSquaresOfNeighbouringChannels) {
  const std::vector<float> x = {1, 2, 3};
  std::vector<double> expected;
  for (size_t c = 0; c < 3; ++c) {
    double squares = 0;
    for (size_t k = c == 0 ? 0 : c - 1; k <= std::min<size_t>(2, c + 1); ++k) squares += double{x[k]} * x[k];
    expected.push_back(x[c] / std::pow(2 + 0.3 / 3 * squares, 0.6));
  }
  ExpectNear(OpTester("LRN", 13)
                 .Attr("size", 3)
                 .Attr("alpha", 0.3)
                 .Attr("beta", 0.6)
                 .Attr("bias", 2.0)
                 .In<float>({1, 3, 1, 1}, x)
                 .RunOne(),
             {1, 3, 1, 1}, expected, 1e-6);
}

TEST(SkipLayerNormalization, RefusesASkipThatRepeatsWithinABatch) {
  const std::string error = OpTester("SkipLayerNormalization", 1, "com.microsoft")
                                .In<float>({2, 3, 4}, std::vector<float>(24))
                                .In<float>({2, 1, 4}, std::vector<float>(8))
                                .In<float>({4}, std::vector<float>(4))
                                .Error();
  EXPECT_NE(error.find("input 1: expected the shape of input 0, [2, 3, 4], with or without batch, got [2, 1, 4]"),
            std::string::npos)
      << error;
}

}  // namespace
}  // namespace onedge::ops

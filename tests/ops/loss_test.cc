// Losses, and the normalizations by instance, group, norm, and mean and variance, against their formulas in double.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

TEST(SoftmaxCrossEntropyLoss, WeighsAndIgnores) {
  RandomTensors random(3);
  const auto x = random.Floats(3 * 4, -3, 3);
  const std::vector<int64_t> labels = {2, 0, 1};
  const std::vector<float> weights = {0.5, 2, 3, 1};
  std::vector<double> log_prob, losses;
  for (size_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (size_t c = 0; c < 4; ++c) sum += std::exp(x[i * 4 + c]);
    for (size_t c = 0; c < 4; ++c) log_prob.push_back(x[i * 4 + c] - std::log(sum));
    const size_t label = static_cast<size_t>(labels[i]);
    losses.push_back(label == 0 ? 0 : -log_prob[i * 4 + label] * weights[label]);
  }
  const auto run = [&](const char* reduction) {
    return OpTester("SoftmaxCrossEntropyLoss", 13)
        .Attr("reduction", reduction)
        .Attr("ignore_index", 0)
        .Outputs(2)
        .In<float>({3, 4}, x)
        .In<int64_t>({3}, labels)
        .In<float>({4}, weights)
        .Run();
  };
  ExpectNear(run("none")[0], {3}, losses, 1e-6);
  ExpectNear(run("sum")[0], {}, {losses[0] + losses[2]}, 1e-6);
  ExpectNear(run("mean")[0], {}, {(losses[0] + losses[2]) / 5}, 1e-6);
  ExpectNear(run("none")[1], {3, 4}, log_prob, 1e-6);
}

TEST(NegativeLogLikelihoodLoss, PicksTheTargetsOfEachPlace) {
  ExpectTensor<float>(OpTester("NegativeLogLikelihoodLoss", 13)
                          .Attr("reduction", "none")
                          .In<float>({1, 2, 3}, {1, 2, 3, 4, 5, 6})
                          .In<int32_t>({1, 3}, {0, 1, 0})
                          .RunOne(),
                      {1, 3}, {-1, -5, -3});
  EXPECT_EQ(OpTester("NegativeLogLikelihoodLoss", 13).In<float>({1, 2}, {1, 2}).In<int64_t>({1}, {2}).Error(),
            "input 1: expected classes in [0, 2), got 2");
  EXPECT_EQ(OpTester("NegativeLogLikelihoodLoss", 13).In<float>({1, 2}, {1, 2}).In<int64_t>({1}, {-1}).Error(),
            "input 1: expected classes in [0, 2), got -1");
}

// (x - mean) / sqrt(variance + epsilon) of each of `sets` neighbouring sets.
std::vector<double> Normalized(const std::vector<float>& x, size_t sets, double epsilon) {
  std::vector<double> out;
  const size_t count = x.size() / sets;
  for (size_t s = 0; s < sets; ++s) {
    double mean = 0, variance = 0;
    for (size_t i = 0; i < count; ++i) mean += x[s * count + i];
    mean /= static_cast<double>(count);
    for (size_t i = 0; i < count; ++i) variance += (x[s * count + i] - mean) * (x[s * count + i] - mean);
    for (size_t i = 0; i < count; ++i)
      out.push_back((x[s * count + i] - mean) / std::sqrt(variance / static_cast<double>(count) + epsilon));
  }
  return out;
}

TEST(InstanceNormalization, NormalisesEachChannelOfEachImage) {
  RandomTensors random(1);
  const auto x = random.Floats(2 * 3 * 5, 9, 11);
  auto expected = Normalized(x, 6, 1e-2);
  const std::vector<float> scale = {1, 2, -1}, bias = {0, 1, 2};
  for (size_t i = 0; i < expected.size(); ++i) expected[i] = expected[i] * scale[i / 5 % 3] + bias[i / 5 % 3];
  ExpectNear(OpTester("InstanceNormalization", 6)
                 .Attr("epsilon", 1e-2)
                 .In<float>({2, 3, 5}, x)
                 .In<float>({3}, scale)
                 .In<float>({3}, bias)
                 .RunOne(),
             {2, 3, 5}, expected, 1e-5);
}

TEST(GroupNormalization, ScalesByChannelOrBefore21ByGroup) {
  RandomTensors random(2);
  const auto x = random.Floats(2 * 4 * 3);
  const auto normal = Normalized(x, 4, 1e-5);
  std::vector<double> by_channel, by_group;
  for (size_t i = 0; i < normal.size(); ++i) {
    by_channel.push_back(normal[i] * static_cast<double>(i / 3 % 4 + 1) - 1);
    by_group.push_back(normal[i] * static_cast<double>(i / 6 % 2 + 1) - 1);
  }
  ExpectNear(OpTester("GroupNormalization", 21)
                 .Attr("num_groups", 2)
                 .In<float>({2, 4, 3}, x)
                 .In<float>({4}, {1, 2, 3, 4})
                 .In<float>({4}, {-1, -1, -1, -1})
                 .RunOne(),
             {2, 4, 3}, by_channel, 1e-5);
  ExpectNear(OpTester("GroupNormalization", 18)
                 .Attr("num_groups", 2)
                 .In<float>({2, 4, 3}, x)
                 .In<float>({2}, {1, 2})
                 .In<float>({2}, {-1, -1})
                 .RunOne(),
             {2, 4, 3}, by_group, 1e-5);
  EXPECT_EQ(OpTester("GroupNormalization", 21)
                .Attr("num_groups", 3)
                .In<float>({2, 4, 3}, x)
                .In<float>({4}, {1, 2, 3, 4})
                .In<float>({4}, {1, 1, 1, 1})
                .Error(),
            "input 0: expected a number of channels divisible by 3 groups, got 4");
}

TEST(MeanVarianceNormalization, ReducesTheGivenAxes) {
  // Axes 0 and 2 of [2, 2, 2]: sets {1, 2, 5, 6} and {3, 4, 7, 8}, each of deviation sqrt(4.25).
  const double d = std::sqrt(4.25);
  ExpectNear(OpTester("MeanVarianceNormalization", 13)
                 .Ints("axes", {0, -1})
                 .In<float>({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8})
                 .RunOne(),
             {2, 2, 2}, {-2.5 / d, -1.5 / d, -2.5 / d, -1.5 / d, 1.5 / d, 2.5 / d, 1.5 / d, 2.5 / d}, 1e-6);
}

TEST(LpNormalization, DividesByTheNormOfAnAxis) {
  ExpectNear(OpTester("LpNormalization", 22).Attr("axis", 0).In<float>({2, 2}, {3, 0, 4, 0}).RunOne(), {2, 2},
             {0.6, 0, 0.8, 0}, 1e-6);
  ExpectNear(OpTester("LpNormalization", 22).Attr("p", 1).In<float>({1, 4}, {1, -2, 3, 4}).RunOne(), {1, 4},
             {0.1, -0.2, 0.3, 0.4}, 1e-6);
}

TEST(EmbedLayerNormalization, SumsTheTablesAndCountsTheMask) {
  const std::vector<float> word = {0, 1, 2, 3, 4, 5, 6, 7}, position = {1, 0, 0, 1, 2, 2, 0, 0},
                           segment = {0, 0, 3, 0, 1, 1, 1, 1};
  std::vector<float> sum;
  const size_t ids[2] = {1, 0}, segments[2] = {1, 0};
  for (size_t s = 0; s < 2; ++s)
    for (size_t i = 0; i < 4; ++i)
      sum.push_back(word[ids[s] * 4 + i] + position[s * 4 + i] + segment[segments[s] * 4 + i]);
  const auto outputs = OpTester("EmbedLayerNormalization", 1, "com.microsoft")
                           .Attr("epsilon", 1e-5)
                           .Outputs(3)
                           .In<int32_t>({1, 2}, {1, 0})
                           .In<int32_t>({1, 2}, {1, 0})
                           .In<float>({2, 4}, word)
                           .In<float>({2, 4}, position)
                           .In<float>({2, 4}, segment)
                           .In<float>({4}, {1, 1, 1, 1})
                           .In<float>({4}, {0, 0, 0, 0})
                           .In<int32_t>({1, 2}, {1, 0})
                           .Run();
  ExpectNear(outputs[0], {1, 2, 4}, Normalized(sum, 2, 1e-5), 1e-5);
  ExpectTensor<int32_t>(outputs[1], {1}, {1});
  ExpectTensor<float>(outputs[2], {1, 2, 4}, sum);
  EXPECT_EQ(OpTester("EmbedLayerNormalization", 1, "com.microsoft")
                .In<int32_t>({1, 1}, {2})
                .Omit()
                .In<float>({2, 4}, word)
                .In<float>({2, 4}, position)
                .Omit()
                .In<float>({4}, {1, 1, 1, 1})
                .In<float>({4}, {0, 0, 0, 0})
                .Error(),
            "input 0: expected indices in [0, 2), got 2");
}

}  // namespace
}  // namespace onedge::ops

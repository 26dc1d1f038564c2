#include "tasks/scores.h"

#include <gmock/gmock.h>

#include <cmath>

namespace onedge::tasks {
namespace {

using ::testing::DoubleNear;
using ::testing::ElementsAre;

TEST(Softmax, SumsToOne) {
  const std::vector<float> logits = {1.0f, 3.0f, 2.0f};
  // e^1, e^3 and e^2 over their sum
  EXPECT_THAT(Softmax(logits), ElementsAre(DoubleNear(0.09003057317, 1e-10), DoubleNear(0.66524095577, 1e-10),
                                           DoubleNear(0.24472847106, 1e-10)));
  EXPECT_TRUE(Softmax({}).empty());
}

TEST(Softmax, LargeLogitsDoNotOverflowAndRuledOutOnesAreZero) {
  const std::vector<float> logits = {3e38f, 3e38f, -3e38f, -INFINITY};
  EXPECT_THAT(Softmax(logits), ElementsAre(0.5, 0.5, 0, 0));
  const std::vector<float> none = {-INFINITY, -INFINITY};
  EXPECT_THAT(Softmax(none), ElementsAre(0, 0));
}

TEST(Sigmoid, ScoresEachLabelAlone) {
  const std::vector<float> logits = {0.0f, 2.0f, -INFINITY};
  EXPECT_THAT(Sigmoid(logits), ElementsAre(0.5, DoubleNear(0.88079707798, 1e-10), 0));
}

TEST(TopK, TheBestComeFirstAndEqualOnesInTheirOrder) {
  const std::vector<double> scores = {1, 3, 2, 3};
  EXPECT_THAT(TopK(scores, 0), ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(TopK(scores, 3), ElementsAre(1, 3, 2));
  EXPECT_THAT(TopK(scores, 1e15), ElementsAre(1, 3, 2, 0));
  EXPECT_THAT(TopK({}, 5), ElementsAre());
}

TEST(CheckNumbers, NaNAndInfinityAreErrors) {
  const std::vector<float> fine = {1, -INFINITY}, nan = {1, NAN}, infinite = {INFINITY};
  EXPECT_TRUE(CheckNumbers(fine).ok());
  EXPECT_EQ(CheckNumbers(nan).message(), "the model's output holds NaN: its weights or its quantization are broken");
  EXPECT_FALSE(CheckNumbers(infinite).ok());
}

}  // namespace
}  // namespace onedge::tasks

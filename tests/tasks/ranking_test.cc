#include "tasks/ranking.h"

#include <gtest/gtest.h>

#include <cmath>

namespace onedge::tasks {
namespace {

const std::vector<std::string> kLabels = {"a", "b", "c"};

TEST(Rank, SoftmaxSumsToOneAndTheBestComesFirst) {
  const std::vector<float> logits = {1.0f, 3.0f, 2.0f};
  const auto ranked = Rank(logits, kLabels, ScoreFunction::kSoftmax, 0).value();
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].label, "b");
  EXPECT_EQ(ranked[1].label, "c");
  EXPECT_FLOAT_EQ(ranked[0].score, 0.66524096f);  // e^3 / (e + e^2 + e^3)
  EXPECT_NEAR(ranked[0].score + ranked[1].score + ranked[2].score, 1, 1e-6);
}

TEST(Rank, LargeLogitsDoNotOverflow) {
  const std::vector<float> logits = {3e38f, 3e38f, -3e38f};
  const auto ranked = Rank(logits, kLabels, ScoreFunction::kSoftmax, 0).value();
  EXPECT_FLOAT_EQ(ranked[0].score, 0.5f);
  EXPECT_EQ(ranked[0].label, "a");  // ties keep the order of the labels
  EXPECT_EQ(ranked[2].score, 0.0f);
}

TEST(Rank, SigmoidScoresEachLabelAlone) {
  const std::vector<float> logits = {0.0f, 2.0f, -2.0f};
  const auto ranked = Rank(logits, kLabels, ScoreFunction::kSigmoid, 2).value();
  ASSERT_EQ(ranked.size(), 2u);
  EXPECT_FLOAT_EQ(ranked[0].score, 0.88079708f);
  EXPECT_FLOAT_EQ(ranked[1].score, 0.5f);
}

TEST(Rank, AnotherNumberOfLabelsIsAnError) {
  const std::vector<float> logits = {0.0f, 2.0f};
  EXPECT_EQ(Rank(logits, kLabels, ScoreFunction::kNone, 0).status().message(),
            "the model gives 2 scores, but there are 3 labels");
}

TEST(ParseScoreFunction, AnUnknownNameIsAnError) {
  EXPECT_TRUE(ParseScoreFunction("sigmoid").ok());
  EXPECT_EQ(ParseScoreFunction("argmax").status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace onedge::tasks

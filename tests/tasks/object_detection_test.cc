#include "tasks/object_detection.h"

#include <gmock/gmock.h>

#include <cmath>

namespace onedge::tasks {
namespace {

const std::vector<std::string> kLabels = {"cat", "dog"};
const Image kImage = {{}, 100, 50, 3};

TaskOptions Options() {
  TaskOptions options = DefaultTaskOptions(Task::kObjectDetection);
  options.threshold = 0.5;
  return options;
}

std::vector<Answer> Detect(const std::vector<float>& scores, const std::vector<float>& boxes,
                           const TaskOptions& options, size_t classes) {
  std::vector<Answer> entries;
  const size_t objects = boxes.size() / 4;
  const Status status =
      DetectObjects({scores.data(), objects, classes}, {boxes.data(), objects, 4}, kImage, kLabels, options, entries);
  EXPECT_TRUE(status.ok()) << status.ToString();
  return entries;
}

TEST(ObjectDetection, CentresBecomeCornersInPixels) {
  // cat, nothing, dog below the threshold
  const std::vector<float> scores = {9, 0, 0, 0, 0, 9, 0.1f, 0.2f, 0.1f};
  const std::vector<float> boxes = {0.5f, 0.5f, 0.2f, 0.4f, 0, 0, 1, 1, 0, 0, 1, 1};
  const auto found = Detect(scores, boxes, Options(), 3);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].label, "cat");
  EXPECT_THAT(found[0].box, ::testing::ElementsAre(40, 15, 60, 35));
  const std::vector<float> outside = {0, 0, 0.001f, 0.001f};
  const auto edge = Detect({9, 0, 0}, outside, Options(), 3);
  for (float side : edge[0].box) EXPECT_FALSE(std::signbit(side));
  TaskOptions fractions = Options();
  fractions.percentage = true;
  EXPECT_FLOAT_EQ(Detect(scores, boxes, fractions, 3)[0].box[1], 0.3f);
}

TEST(ObjectDetection, OfOverlappingBoxesOfOneClassTheBestStays) {
  TaskOptions options = Options();
  options.function = ScoreFunction::kNone;
  options.box_format = BoxFormat::kCorners;
  options.percentage = true;
  // Two boxes over the same place, one elsewhere, and one of the other class over the first: intersections over unions
  // 0.8, 0, 1.
  const std::vector<float> scores = {0.7f, 0, 0.9f, 0, 0.6f, 0, 0, 0.8f};
  const std::vector<float> boxes = {0, 0, 0.8f, 1, 0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0.8f, 1};
  const auto labels = [&](double iou_threshold) {
    options.iou_threshold = iou_threshold;
    std::vector<float> out;
    for (const Answer& entry : Detect(scores, boxes, options, 2)) out.push_back(entry.score);
    return out;
  };
  EXPECT_THAT(labels(0), ::testing::ElementsAre(0.9f, 0.8f, 0.7f, 0.6f));
  EXPECT_THAT(labels(0.5), ::testing::ElementsAre(0.9f, 0.8f, 0.6f));
  EXPECT_THAT(labels(0.85), ::testing::ElementsAre(0.9f, 0.8f, 0.7f, 0.6f));
  options.ignore_labels = {"dog"};
  EXPECT_THAT(labels(0.5), ::testing::ElementsAre(0.9f, 0.6f));
  options.top_k = 1;
  EXPECT_THAT(labels(0.5), ::testing::ElementsAre(0.9f));
}

TEST(ObjectDetection, ShapesThatDoNotFitAreErrors) {
  std::vector<Answer> entries;
  const std::vector<float> numbers(12);
  const auto status = [&](OutputRows scores, OutputRows boxes) {
    return DetectObjects(scores, boxes, kImage, kLabels, Options(), entries);
  };
  EXPECT_FALSE(status({numbers.data(), 3, 3}, {numbers.data(), 2, 4}).ok());
  EXPECT_FALSE(status({numbers.data(), 3, 4}, {numbers.data(), 3, 4}).ok());
  EXPECT_FALSE(status({numbers.data(), 3, 3}, {numbers.data(), 3, 3}).ok());
}

}  // namespace
}  // namespace onedge::tasks

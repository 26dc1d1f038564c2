// object-detection, on a model with the outputs of each test.
#include "tests/tasks/tiny_pipeline.h"

namespace onedge::tasks {
namespace {

using ::testing::HasSubstr;

// The answers for one image of 100 x 50 pixels as JSON, or the error.
std::string Detect(const std::vector<float>& scores, const std::vector<float>& boxes, size_t classes,
                   const char* options, const char* scores_name = "logits", const char* boxes_name = "pred_boxes",
                   size_t box_columns = 4) {
  testing::GraphBuilder builder;
  const auto pixels = builder.Input("pixel_values", DType::kFloat32, {1, 1, 1, 1});
  // Multiplied by one, computed from the pixels, so that the outputs depend on the input.
  const auto one =
      builder.Node("Add", {builder.Node("Mul", {pixels, builder.Floats({}, {0})}), builder.Floats({}, {1})});
  const auto output = [&](const std::vector<float>& values, size_t columns, const char* name) {
    const Shape shape = {1, static_cast<int64_t>(values.size() / columns), static_cast<int64_t>(columns)};
    const auto all = builder.Node("Mul", {builder.Floats(shape, values), one});
    builder.Output(builder.Node("Squeeze", {all, builder.Ints({1}, {0})}), name);
  };
  output(scores, classes, scores_name);
  output(boxes, box_columns, boxes_name);
  TinyPipeline pipeline(builder.Build(), "object-detection", {"cat", "dog"});
  for (const char* name : {"width", "height", "channels"}) pipeline.manifest().preprocessing.Set(name, 1.0);
  const std::vector<uint8_t> image(100 * 50);
  std::vector<TaskInput> inputs(1);
  inputs[0].image = {image, 100, 50, 1};
  return pipeline.Run(std::move(inputs), options);
}

TEST(ObjectDetection, CentresBecomeCornersInPixels) {
  // cat, nothing, dog below the threshold
  const std::vector<float> scores = {90, 0, 0, 0, 0, 9, 0.1f, 0.2f, 0.1f};
  const std::vector<float> boxes = {0.5f, 0.5f, 0.2f, 0.4f, 0, 0, 1, 1, 0, 0, 1, 1};
  EXPECT_EQ(Detect(scores, boxes, 3, R"({"threshold": 0.5})"),
            R"([[{"label":"cat","score":1.0,"box":{"xmin":40.0,"ymin":15.0,"xmax":60.0,"ymax":35.0}}]])");
  EXPECT_THAT(Detect(scores, boxes, 3, R"({"threshold": 0.5, "percentage": true})"), HasSubstr(R"("ymin":0.3,)"));
  EXPECT_THAT(Detect({90, 0, 0}, {0, 0, 0.001f, 0.001f}, 3, R"({"threshold": 0.5})"),
              HasSubstr(R"({"xmin":0.0,"ymin":0.0,"xmax":0.0,"ymax":0.0})"));  // no -0
}

TEST(ObjectDetection, OfOverlappingBoxesOfOneClassTheBestStays) {
  // Two boxes over the same place, one elsewhere, and one of the other class over the first: intersections over unions
  // 0.8, 0, 1.
  const std::vector<float> scores = {0.7f, 0, 0.9f, 0, 0.6f, 0, 0, 0.8f};
  const std::vector<float> boxes = {0, 0, 0.8f, 1, 0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0.8f, 1};
  const auto found = [&](const char* options) {
    const std::string settings =
        StrCat(R"({"threshold": 0.5, "function": "none", "box_format": "corners")", options, "}");
    const std::string json = Detect(scores, boxes, 2, settings.c_str(), "scores", "boxes");
    std::string out;
    for (size_t at = json.find("score\":"); at != std::string::npos; at = json.find("score\":", at + 1)) {
      out += StrCat(json.substr(at + 7, 3), " ");
    }
    return out.empty() ? json : out;
  };
  EXPECT_EQ(found(""), "0.9 0.8 0.7 0.6 ");
  EXPECT_EQ(found(R"(, "iou_threshold": 0.5)"), "0.9 0.8 0.6 ");
  EXPECT_EQ(found(R"(, "iou_threshold": 0.85)"), "0.9 0.8 0.7 0.6 ");
  EXPECT_EQ(found(R"(, "iou_threshold": 0.5, "ignore_labels": ["dog"])"), "0.9 0.6 ");
  EXPECT_EQ(found(R"(, "iou_threshold": 0.5, "ignore_labels": ["dog"], "top_k": 1)"), "0.9 ");
}

TEST(ObjectDetection, OutputsAreFoundByTheirNames) {
  const std::vector<float> scores = {90, 0, 0}, boxes = {0, 0, 1, 1};
  for (const char* name : {"logits", "pred_logits", "scores"}) {
    EXPECT_THAT(Detect(scores, boxes, 3, "{}", name), HasSubstr(R"("label":"cat")")) << name;
  }
  EXPECT_EQ(Detect(scores, boxes, 3, "{}", "a", "boxes"), "the task needs a model with an output 'logits'");
  EXPECT_EQ(Detect(scores, boxes, 3, "{}", "logits", "b"), "the task needs a model with an output 'boxes'");
  EXPECT_THAT(Detect(scores, boxes, 3, R"({"scores_output": "a", "boxes_output": "b"})", "a", "b"),
              HasSubstr(R"("label":"cat")"));
  EXPECT_EQ(Detect(scores, boxes, 3, R"({"scores_output": "c"})"), "the model has no output 'c'");
}

TEST(ObjectDetection, ShapesThatDoNotFitAreErrors) {
  const auto numbers = [](size_t count) { return std::vector<float>(count, 1.0f); };
  EXPECT_EQ(
      Detect(numbers(9), numbers(8), 3, "{}"),
      "the model gives scores [3, 3] and boxes [2, 4]; expected as many objects with 4 numbers each, and 2 labels "
      "or one more");
  EXPECT_THAT(Detect(numbers(12), numbers(12), 4, "{}"), HasSubstr("scores [3, 4] and boxes [3, 4]"));
  EXPECT_THAT(Detect(numbers(9), numbers(9), 3, "{}", "logits", "boxes", 3), HasSubstr("boxes [3, 3]"));
}

}  // namespace
}  // namespace onedge::tasks

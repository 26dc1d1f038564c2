// Batches: which texts run together, and that no answer depends on it.
#include <cstring>

#include "tests/tasks/tiny_pipeline.h"

namespace onedge::tasks {
namespace {

using ::testing::HasSubstr;

// Products, a softmax over tokens, a mean: like a transformer, with seeded weights.
graph::Graph Encoder(bool quantized) {
  TinyModel model;
  uint32_t seed = 7;
  const auto random = [&](const Shape& shape) {
    std::vector<float> values(static_cast<size_t>(shape.element_count()));
    for (float& value : values) {
      seed = seed * 1664525 + 1013904223;
      value = static_cast<float>(seed >> 8) / (1 << 23) - 1;
    }
    return values;
  };
  constexpr int64_t kHidden = 24;
  auto& b = model.builder;
  const auto linear = [&](graph::ValueId x, int64_t out) {
    const Shape shape = {kHidden, out};
    if (!quantized) return b.Node("MatMul", {x, b.Floats(shape, random(shape))});
    std::vector<int8_t> weights;
    for (float value : random(shape)) weights.push_back(static_cast<int8_t>(value * 100));
    const auto parts = b.Nodes("DynamicQuantizeLinear", {x}, 3);
    const auto zero = b.Constant(Tensor::FromValues<int8_t>({}, std::vector<int8_t>{0}).value());
    const auto product = b.Node(
        "MatMulInteger", {parts[0], b.Constant(Tensor::FromValues<int8_t>(shape, weights).value()), parts[2], zero});
    const auto scaled = b.Node("Mul", {b.Node("Cast", {product}, {{"to", int64_t{1}}}), parts[1]});
    return b.Node("Mul", {scaled, b.Floats({}, {0.01f})});
  };
  const Shape table = {static_cast<int64_t>(TinyVocabulary().size()), kHidden};
  const auto x = b.Node("Gather", {b.Floats(table, random(table)), model.ids});
  const auto scores = b.Node("MatMul", {linear(x, kHidden), b.Node("Transpose", {linear(x, kHidden)},
                                                                   {{"perm", std::vector<int64_t>{0, 2, 1}}})});
  const auto context = b.Node("MatMul", {b.Node("Softmax", {scores}, {{"axis", int64_t{-1}}}), linear(x, kHidden)});
  const auto hidden = b.Node("Tanh", {b.Node("Add", {x, context})});
  b.Output(linear(b.Node("ReduceMean", {hidden}, {{"axes", std::vector<int64_t>{1}}, {"keepdims", int64_t{0}}}), 3),
           "logits");
  return b.Build();
}

std::vector<TaskInput> Texts() {
  std::vector<TaskInput> inputs;
  for (size_t i = 0; i < 90; ++i) {
    std::string text;
    for (size_t w = 0; w <= i * 11 % 7; ++w) text += StrCat(TinyVocabulary()[4 + (i + w * w) % 8], " ");
    inputs.push_back({.text = text});
  }
  return inputs;
}

std::vector<float> Scores(TinyPipeline& pipeline, std::vector<TaskInput> inputs, size_t* steps = nullptr) {
  auto run = pipeline.Start(std::move(inputs), R"({"top_k": 0, "function": "none"})").value();
  size_t count = 1;
  for (; run->Step(pipeline.session()).value(); ++count) {
  }
  if (steps) *steps = count;
  std::vector<float> scores;
  for (const auto& entries : EntriesOf(*run)) {
    for (const JsonEntry& entry : entries) scores.push_back(entry.score);
  }
  return scores;
}

void ExpectTheSameBitsAlone(bool quantized, size_t fewest_steps, size_t most_steps) {
  TinyPipeline pipeline(Encoder(quantized), "text-classification", {"a", "b", "c"});
  const std::vector<TaskInput> inputs = Texts();
  size_t steps = 0;
  const std::vector<float> together = Scores(pipeline, inputs, &steps);
  EXPECT_GE(steps, fewest_steps);
  EXPECT_LE(steps, most_steps);
  ASSERT_EQ(together.size(), 3 * inputs.size());
  for (size_t i = 0; i < inputs.size(); ++i) {
    const std::vector<float> alone = Scores(pipeline, {inputs[i]});
    EXPECT_EQ(std::memcmp(alone.data(), &together[3 * i], 3 * sizeof(float)), 0) << "input " << i;
  }
}

TEST(Batches, SameBitsAsAlone) { ExpectTheSameBitsAlone(false, 7, 40); }

// One scale for the whole batch would change every answer, so each text runs alone.
TEST(Batches, SameBitsAsAloneInAModelThatQuantizesAsItRuns) { ExpectTheSameBitsAlone(true, 90, 90); }

TEST(Batches, ATextIsNotPaddedUnlessTheModelWantsALength) {
  TinyModel fixed("batch", 6);
  fixed.PerToken({{1, 2}, {3, 4}, {}, {}, {5, 6}});
  TinyPipeline pipeline(fixed, "feature-extraction");
  // [CLS] paris [SEP]: the padding does not count.
  EXPECT_EQ(pipeline.Run(R"(["paris"])", R"({"normalize": false})"), "[[3.0,4.0]]");
  EXPECT_EQ(pipeline.Run(R"(["paris"])", R"({"normalize": false, "pooling": "none"})"),
            "[[[1.0,2.0],[5.0,6.0],[3.0,4.0]]]");
  // Cut to the model's length.
  EXPECT_EQ(
      pipeline.Run(R"(["paris paris paris paris paris paris"])", R"({"normalize": false, "pooling": "last_token"})"),
      "[[3.0,4.0]]");
}

TEST(Batches, AFixedBatchOfOneRunsEachTextAlone) {
  TinyModel single(1, "tokens");
  TinyPipeline pipeline(single.Summed({{0, 1}}), "text-classification", {"a", "b"});
  EXPECT_THAT(pipeline.Run(R"(["paris", "paris", "new"])"), HasSubstr(R"("label":"b")"));
  EXPECT_EQ(pipeline.steps(), 3u);
}

// Some exporters fix the batch size: every token of the batch would belong to a single text.
TEST(Batches, AModelForOneTextAtATimeIsNotTakenForOneOfMany) {
  TinyModel model;
  auto& b = model.builder;
  const auto joined = b.Node(
      "Reshape", {model.Rows({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 1}, {0, 0}, {1, 0}}), b.Ints({3}, {1, -1, 2})});
  b.Output(b.Node("ReduceSum", {joined, b.Ints({1}, {1})}, {{"keepdims", int64_t{0}}}), "logits");
  TinyPipeline pipeline(model, "text-classification", {"a", "b"});
  EXPECT_EQ(pipeline.Run(R"(["paris", "is", "new"])", R"({"function": "none"})"),
            R"([[{"label":"b","score":1.0}],[{"label":"a","score":1.0}],[{"label":"a","score":0.0}]])");
}

TEST(Batches, ABatchThatDoesNotFitTheMemoryIsHalved) {
  const auto run = [](MemoryBudget* budget) {
    TinyPipeline pipeline(Encoder(false), "text-classification", {"a", "b", "c"}, budget);
    std::vector<TaskInput> inputs(32, TaskInput{.text = "paris is big"});
    const std::string answers = pipeline.Run(std::move(inputs));
    return std::pair(answers, pipeline.steps());
  };
  const auto [expected, steps] = run(nullptr);
  EXPECT_EQ(steps, 1u);
  // With 40 KB there is room for little more than the model; with 400 KB for all texts at once.
  bool halved = false;
  for (size_t limit = 40'000; limit < 400'000; limit += 4'000) {
    MemoryBudget budget(limit);
    const auto [answers, limited_steps] = run(&budget);
    if (answers.starts_with("[[")) {
      EXPECT_EQ(answers, expected) << limit;
      halved |= limited_steps > 1;
    } else {
      EXPECT_THAT(answers, HasSubstr("memory")) << limit;
    }
  }
  EXPECT_TRUE(halved);
}

TEST(Batches, NoInputsGiveNoAnswers) {
  TinyModel model;
  TinyPipeline pipeline(model.Summed({{0, 1}}), "text-classification", {"a", "b"});
  EXPECT_EQ(pipeline.Run("[]"), "[]");
}

TEST(Batches, ARunStopsWhenItIsCancelledAndTheNextOneWorks) {
  TinyPipeline pipeline(Encoder(false), "text-classification", {"a", "b", "c"});
  auto run = pipeline.Start(Texts()).value();
  EXPECT_EQ(run->Step(pipeline.session(), {.cancelled = [] { return true; }}).status().code(), StatusCode::kCancelled);
  EXPECT_EQ(Scores(pipeline, Texts()).size(), 270u);
}

}  // namespace
}  // namespace onedge::tasks

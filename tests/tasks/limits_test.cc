// Features of tasks for servers: token ids as input, texts that are too long, token counts, raw scores.
#include "tests/tasks/tiny_pipeline.h"

namespace onedge::tasks {
namespace {

using ::testing::HasSubstr;

// Token i of the vocabulary gives the vector [i, 1].
TinyModel Counter() {
  TinyModel model;
  model.PerToken({{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}, {8, 1}, {9, 1}, {10, 1}, {11, 1}});
  return model;
}

constexpr const char* kEveryToken = R"({"pooling": "none", "normalize": false, "dimensions": 1)";

TEST(TokenIds, RunAsTheyAre) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "feature-extraction");
  const std::string options = StrCat(kEveryToken, "}");
  EXPECT_EQ(pipeline.Run(R"([{"ids": [0, 4, 7, 1]}])", options), "[[[0.0],[4.0],[7.0],[1.0]]]");
  EXPECT_EQ(pipeline.Run(R"([{"ids": [0, 4, 7, 1]}])", options), pipeline.Run(R"(["paris big"])", options));
  EXPECT_EQ(pipeline.Run(R"([{"ids": [12]}])", options), "expected token ids from 0 to 11, got 12");
  EXPECT_EQ(pipeline.Run(R"([{"ids": []}])", options), "expected at least one token id");
}

TEST(TokenIds, AreRefusedByTasksThatNeedTheText) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "token-classification", {"a", "b"});
  EXPECT_EQ(pipeline.Run(R"([{"ids": [4]}])"), "token-classification takes texts, not token ids");
}

TEST(Truncation, CutsOnTheSideThatIsAskedFor) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "feature-extraction");
  const auto run = [&](const char* inputs, const char* more) {
    return pipeline.Run(inputs, StrCat(kEveryToken, R"(, "max_length": 4)", more, "}"));
  };
  const char* text = R"(["paris is big new york"])";
  EXPECT_EQ(run(text, ""), "[[[0.0],[4.0],[6.0],[1.0]]]");
  EXPECT_EQ(run(text, R"(, "truncation_side": "right")"), "[[[0.0],[4.0],[6.0],[1.0]]]");
  EXPECT_EQ(run(text, R"(, "truncationSide": "left")"), "[[[0.0],[8.0],[9.0],[1.0]]]");
  const char* ids = R"([{"ids": [4, 5, 6, 7, 8]}])";
  EXPECT_EQ(run(ids, R"(, "truncation": true)"), "[[[4.0],[5.0],[6.0],[7.0]]]");
  EXPECT_EQ(run(ids, R"(, "truncation": true, "truncation_side": "left")"), "[[[5.0],[6.0],[7.0],[8.0]]]");
}

TEST(Truncation, OfTokenIdsIsAskedForExplicitly) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "feature-extraction");
  const char* ids = R"([{"ids": [0, 4, 5, 6, 1]}])";
  EXPECT_EQ(pipeline.Run(ids, R"({"max_length": 4})"),
            "expected a text of at most 4 tokens, got 5; the option truncation: true cuts it");
  pipeline.manifest().preprocessing.Set("truncation", true);
  EXPECT_EQ(pipeline.Run(ids, StrCat(kEveryToken, R"(, "max_length": 4})")), "[[[0.0],[4.0],[5.0],[6.0]]]");
}

TEST(Truncation, IsOnTheSideThatTheTokenizerSays) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "feature-extraction", {},
                        R"({"direction": "Left", "max_length": 4, "strategy": "LongestFirst", "stride": 0})");
  const std::string options = StrCat(kEveryToken, R"(, "truncation": true)");
  EXPECT_EQ(pipeline.Run(R"(["paris is big new york"])", StrCat(options, "}")), "[[[0.0],[8.0],[9.0],[1.0]]]");
  const char* ids = R"([{"ids": [4, 5, 6, 7, 8]}])";
  EXPECT_EQ(pipeline.Run(ids, StrCat(options, "}")), "[[[5.0],[6.0],[7.0],[8.0]]]");
  EXPECT_EQ(pipeline.Run(ids, StrCat(options, R"(, "truncation_side": "right"})")), "[[[4.0],[5.0],[6.0],[7.0]]]");
}

TEST(Truncation, OrTheTextIsRefused) {
  TinyModel model = Counter();
  TinyPipeline pipeline(model, "feature-extraction");
  const auto status = [&](const char* inputs, const char* options, uint64_t max_tokens = UINT64_MAX) {
    return pipeline.Start(ParseTaskInputs(inputs).value(), options, {.max_tokens = max_tokens}).status();
  };
  const char* refuse = R"({"truncation": false, "max_length": 6})";
  EXPECT_TRUE(status(R"(["paris is big new"])", refuse).ok());
  for (const char* inputs : {R"(["paris is big new york"])", R"([{"ids": [4, 5, 6, 7, 8, 9, 10]}])"}) {
    const Status long_text = status(inputs, refuse);
    EXPECT_EQ(long_text.code(), StatusCode::kResourceExhausted);
    EXPECT_EQ(long_text.message(), "expected a text of at most 6 tokens, got 7; the option truncation: true cuts it");
  }
  // The host's limit also applies, whatever the package and the caller set.
  EXPECT_EQ(status(R"(["paris is big"])", refuse, 4).message(),
            "expected a text of at most 4 tokens, got 5; the option truncation: true cuts it");
  auto cut = pipeline.Start({{.text = "paris is big new york"}}, "{}", {.max_tokens = 4}).value();
  EXPECT_EQ(cut->tokens(), 4u);
}

TEST(Tokens, AreCountedWithoutPadding) {
  TinyModel model("batch", 8);
  model.PerToken({{0, 1}});
  TinyPipeline pipeline(model, "feature-extraction");
  const auto run = pipeline.Start({{.text = "paris"}, {.text = "paris is big"}}).value();
  EXPECT_EQ(run->tokens(0), 3u);
  EXPECT_EQ(run->tokens(1), 5u);
  EXPECT_EQ(run->tokens(), 8u);
  pipeline.manifest().task = "sentence-similarity";
  TaskInput compared{.text = "paris", .texts = std::vector<std::string>{"is", "is big"}};
  std::vector<TaskInput> inputs;
  inputs.push_back(std::move(compared));
  EXPECT_EQ(pipeline.Start(std::move(inputs)).value()->tokens(0), 10u);
}

TEST(TextRanking, ByAClassifierOfOneLabel) {
  TinyModel model;
  TinyPipeline pipeline(model.Summed({{0}, {0}, {0}, {0}, {2}, {0}, {0}, {-1}}), "text-classification", {"fits"});
  const char* input = R"([{"query": "is", "texts": ["big", "paris"]}])";
  EXPECT_EQ(pipeline.Run(input, R"({"task": "text-ranking", "function": "none"})"),
            R"([[{"index":1,"score":2.0},{"index":0,"score":-1.0}]])");
  EXPECT_EQ(pipeline.Run(input, R"({"task": "text-ranking", "return_text": true, "top_k": 1})"),
            R"([[{"index":1,"text":"paris","score":0.8807971}]])");
}

TEST(Outputs, AreFoundByNameThenByPosition) {
  TinyModel two;
  two.PerToken({{5, 5, 5}}, "hidden_states").Summed({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {1, 0}});
  TinyPipeline pipeline(two, "text-classification", {"a", "b"});
  EXPECT_THAT(pipeline.Run(R"(["paris"])", R"({"function": "none"})"), HasSubstr(R"("label":"a","score":1.0)"));
  EXPECT_EQ(pipeline.Run(R"(["paris"])", R"({"output": "scores"})"), "the model has no output 'scores'");
  EXPECT_THAT(pipeline.Run(R"(["paris"])", R"({"output": "hidden_states"})"), HasSubstr("expected 2"));
  // An output whose name only contains the wanted name does not count: the first output is taken.
  TinyModel other;
  other.PerToken({{1, 1}}, "vectors").PerToken({{9, 9}}, "last_hidden_state_of_layer_3");
  TinyPipeline embedder(other, "feature-extraction");
  EXPECT_EQ(embedder.Run(R"(["paris"])", R"({"pooling": "cls", "normalize": false})"), "[[1.0,1.0]]");
  EXPECT_EQ(embedder.Run(R"(["paris"])", R"({"pooling": "cls", "normalize": false, "output": "vectors"})"),
            "[[1.0,1.0]]");
}

}  // namespace
}  // namespace onedge::tasks

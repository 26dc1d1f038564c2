// The text tasks, with expected values computed by hand from the tables; tests/js/tasks.test.mjs compares them with
// transformers.js.
#include <cmath>
#include <limits>

#include "tests/tasks/tiny_pipeline.h"

namespace onedge::tasks {
namespace {

using ::testing::HasSubstr;

const float kNaN = std::numeric_limits<float>::quiet_NaN();

// Classes of [CLS], [SEP], [MASK], [UNK], paris, ##ian, is, big, new, york.
TinyModel Tagger() {
  TinyModel model;
  model.PerToken(
      {{0, 0, 0}, {0, 0, 0}, {0, 0, 0}, {9, 0, 0}, {0, 3, 0}, {0, 0, 4}, {5, 0, 0}, {5, 0, 0}, {0, 2, 0}, {0, 0, 2}});
  return model;
}
const std::vector<std::string> kTags = {"O", "B-LOC", "I-LOC"};

float SoftmaxOf(float best, float other) { return std::exp(best) / (std::exp(best) + 2 * std::exp(other)); }

TEST(TokenClassification, EachTokenHasItsClassAndPlace) {
  TinyModel model = Tagger();
  TinyPipeline pipeline(model, "token-classification", kTags);
  auto run = pipeline.Start({{.text = "é parisian is"}}).value();
  EXPECT_FALSE(run->Step(pipeline.session()).value());
  const auto entries = EntriesOf(*run)[0];
  ASSERT_EQ(entries.size(), 2u);  // é has the same score for all classes, and the first class is O
  EXPECT_EQ(entries[0].label, "B-LOC");
  EXPECT_EQ(entries[0].word, "paris");
  EXPECT_EQ(entries[0].index, 2);
  EXPECT_EQ(entries[0].start, 2);  // code points, not bytes
  EXPECT_EQ(entries[0].end, 7);
  EXPECT_FLOAT_EQ(entries[0].score, SoftmaxOf(3, 0));
  EXPECT_EQ(entries[1].word, "##ian");
  EXPECT_EQ(entries[1].start, 7);
}

TEST(TokenClassification, GroupsTokensByEveryStrategy) {
  TinyModel model = Tagger();
  TinyPipeline pipeline(model, "token-classification", kTags);
  const auto entries = [&](const char* strategy) {
    auto run =
        pipeline.Start({{.text = "parisian is new york"}}, StrCat(R"({"aggregation_strategy": ")", strategy, "\"}"))
            .value();
    EXPECT_FALSE(run->Step(pipeline.session()).value());
    return EntriesOf(*run)[0];
  };
  const float b = SoftmaxOf(3, 0), i = SoftmaxOf(4, 0), town = SoftmaxOf(2, 0);
  for (const char* strategy : {"simple", "first", "average", "max"}) {
    const auto found = entries(strategy);
    ASSERT_EQ(found.size(), 2u) << strategy;
    EXPECT_EQ(found[0].label, "LOC");
    EXPECT_EQ(found[0].word, "parisian");
    EXPECT_EQ(found[1].word, "new york");
    EXPECT_FLOAT_EQ(found[1].score, town) << strategy;  // the mean of two equal ones
    EXPECT_EQ(found[1].start, 12);
    EXPECT_EQ(found[1].end, 20);
  }
  EXPECT_FLOAT_EQ(entries("simple")[0].score, (b + i) / 2);
  EXPECT_FLOAT_EQ(entries("first")[0].score, b);
  EXPECT_FLOAT_EQ(entries("max")[0].score, i);
  // The mean of both distributions; I-LOC has most of it.
  const float rest = std::exp(0.0f) / (std::exp(3.0f) + 2);
  EXPECT_FLOAT_EQ(entries("average")[0].score, (rest + i) / 2);
}

TEST(TokenClassification, PrefixesEndAndBeginGroups) {
  TinyModel model;
  model.PerToken({{0, 0, 0, 0, 0},
                  {},
                  {},
                  {},
                  {9, 0, 0, 0, 0},
                  {},
                  {0, 9, 0, 0, 0},
                  {0, 0, 9, 0, 0},
                  {0, 0, 0, 9, 0},
                  {0, 0, 0, 0, 9}});
  TinyPipeline pipeline(model, "token-classification", {"B-X", "I-X", "E-X", "S-X", "X"});
  const auto words = [&](std::string text) {
    auto run = pipeline.Start({{.text = text}}, R"({"aggregation_strategy": "simple"})").value();
    EXPECT_FALSE(run->Step(pipeline.session()).value());
    std::vector<std::string> out;
    const auto entries = EntriesOf(*run)[0];
    for (const JsonEntry& entry : entries) out.push_back(entry.word);
    return out;
  };
  using List = std::vector<std::string>;
  // paris: B, is: I, big: E, new: S, york: without a prefix
  EXPECT_EQ(words("paris is big"), (List{"paris is big"}));
  EXPECT_EQ(words("paris paris is"), (List{"paris", "paris is"}));
  EXPECT_EQ(words("paris big is is"), (List{"paris big", "is is"}));
  EXPECT_EQ(words("new is new york"), (List{"new", "is", "new", "york"}));
}

TEST(QuestionAnswering, TheBestSpanOverTheContextAlone) {
  TinyModel model;
  // Starts at "new" (8), ends at "york" (9). "q", of the question, would score higher but is not in the context.
  model.Scalar({{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {5}, {0}, {50}}, "start_logits");
  model.Scalar({{0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {0}, {5}, {50}}, "end_logits");
  TinyPipeline pipeline(model, "question-answering");
  auto run = pipeline.Start({{.text = "q", .pair = "é is new york"}}).value();
  EXPECT_FALSE(run->Step(pipeline.session()).value());
  const auto entries = EntriesOf(*run)[0];
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].word, "new york");
  // Each end over [CLS] and the four tokens of the context.
  const double each = std::exp(5) / (std::exp(5) + 4);
  EXPECT_FLOAT_EQ(entries[0].score, static_cast<float>(each * each));
  EXPECT_THAT(pipeline.Run(R"([{"question": "q", "context": "é is new york"}])"), HasSubstr(R"("start":5,"end":13)"));
  EXPECT_THAT(pipeline.Run(R"([{"question": "q", "context": "new york"}])", R"({"max_answer_len": 1})"),
              ::testing::AnyOf(HasSubstr(R"("answer":"new")"), HasSubstr(R"("answer":"york")")));
  EXPECT_EQ(pipeline.Run(R"([{"question": "q", "context": ""}])"), "[[]]");
  EXPECT_THAT(pipeline.Run(R"([{"question": "q", "context": ""}])", R"({"handle_impossible_answer": true})"),
              HasSubstr(R"({"answer":"","score":1.0,"start":0,"end":0})"));
  EXPECT_EQ(pipeline.Run(R"([{"question": "q", "context": "big"}])", R"({"max_answer_len": 0})"), "[[]]");
}

TEST(QuestionAnswering, AnswersAreWholeWordsUnlessToldOtherwise) {
  TinyModel model;
  model.Scalar({{0}, {0}, {0}, {0}, {0}, {9}}, "start_logits");  // ##ian
  model.Scalar({{0}, {0}, {0}, {0}, {0}, {9}}, "end_logits");
  TinyPipeline pipeline(model, "question-answering");
  EXPECT_THAT(pipeline.Run(R"([{"question": "q", "context": "big parisian"}])"), HasSubstr(R"("answer":"parisian")"));
  EXPECT_THAT(pipeline.Run(R"([{"question": "q", "context": "big parisian"}])", R"({"align_to_words": false})"),
              HasSubstr(R"("answer":"ian")"));
}

TEST(ZeroShot, TheEntailmentLabelIsFoundByName) {
  TinyModel model;
  model.Summed({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {0, 3}, {0, 0}, {0, 0}, {2, 0}});  // paris: for; big: against
  TinyPipeline pipeline(model, "zero-shot-classification", {"not_entailment", "ENTAILMENT"});
  const std::string options = R"({"candidate_labels": ["big", "paris"], "hypothesis_template": "is {}"})";
  const auto expected = [](double best, double other) {
    const auto text = [](double score) {
      std::string out;
      for (int digits = 6; digits <= 9; ++digits) {
        char buffer[32];
        std::snprintf(buffer, sizeof buffer, "%.*g", digits, static_cast<double>(static_cast<float>(score)));
        out = buffer;
        if (std::strtof(buffer, nullptr) == static_cast<float>(score)) break;
      }
      return out;
    };
    return StrCat(R"([{"sequence":"new","labels":["paris","big"],"scores":[)", text(best), ",", text(other), "]}]");
  };
  EXPECT_EQ(pipeline.Run(R"(["new"])", options), expected(1 / (1 + std::exp(-3.0)), 1 / (1 + std::exp(3.0))));
  const std::string each = options.substr(0, options.size() - 1) + R"(, "multi_label": true})";
  EXPECT_EQ(pipeline.Run(R"(["new"])", each), expected(1 / (1 + std::exp(-3.0)), 1 / (1 + std::exp(2.0))));
}

TEST(Tasks, NumbersThatAreNoneAreErrorsThatSaySo) {
  const TokenTable broken = {{kNaN, 0, 0}};
  const auto expect = [&](TinyPipeline& pipeline, const char* inputs, const char* options = "{}") {
    EXPECT_THAT(pipeline.Run(inputs, options), HasSubstr("the model's output holds NaN"));
  };
  TinyModel sums, tokens, ends, vectors, masks;
  TinyPipeline classifier(sums.Summed(broken), "text-classification", {"a", "b", "c"});
  expect(classifier, R"(["paris"])");
  TinyPipeline tagger(tokens.PerToken(broken), "token-classification", kTags);
  expect(tagger, R"(["paris"])");
  TinyPipeline reader(ends.Scalar({{kNaN}}, "start_logits").Scalar({{0}}, "end_logits"), "question-answering");
  expect(reader, R"([{"question": "q", "context": "paris"}])");
  TinyPipeline embedder(vectors.PerToken(broken), "feature-extraction");
  expect(embedder, R"(["paris"])");
  TinyPipeline filler(masks.PerToken({{0, 0}, {0, 0}, {kNaN, 0}}), "fill-mask");
  expect(filler, R"(["[MASK]"])");
}

TEST(Tasks, WhatAModelLacksIsSaid) {
  TinyModel unlabelled, vectors, counts, images;
  TinyPipeline classifier(unlabelled.Summed({{0, 0}}), "text-classification");
  EXPECT_EQ(classifier.status().message(),
            "text-classification needs labels, and the package has none; pack the model with --labels FILE");
  TinyPipeline reader(vectors.PerToken({{0, 0}}, "hidden"), "question-answering");
  EXPECT_THAT(reader.Run(R"([{"question": "q", "context": "paris"}])"), HasSubstr("output 'end'"));
  TinyPipeline other(counts.Summed({{0, 0}}), "text-classification", {"a", "b", "c"});
  EXPECT_EQ(other.Run(R"(["paris"])"), "the model gives 2 scores for a text; expected 3");
  other.manifest().task = "text-ranking";
  EXPECT_THAT(other.Run(R"([{"query": "q", "texts": ["paris"]}])"), HasSubstr("2 scores for a text; expected 1"));
  other.manifest().task = "image-classification";
  EXPECT_THAT(other.status().message(), HasSubstr("first input is a float32 image"));
  other.manifest().task = "text-classification";
  other.manifest().preprocessing.Set("tokeniser", std::string("x"));
  EXPECT_THAT(other.status().message(), HasSubstr("'tokeniser' is not a setting of text-classification"));
}

TEST(Tasks, ATextWithoutTokensIsAnError) {
  TinyModel sums, tokens, masks, ends, pairs;
  const auto expect = [](TinyPipeline& pipeline, const char* inputs, const char* message) {
    EXPECT_EQ(pipeline.Run(inputs, "{}"), StrCat(message, " has no tokens, so there is no answer"));
  };
  TinyPipeline classifier(sums.Summed({{0, 1}}), "text-classification", {"a", "b"});
  for (const char* inputs : {R"([""])", R"(["  \n"])", R"([["", "paris"]])", R"([{"text": ""}])"}) {
    expect(classifier, inputs, "the text");
  }
  expect(classifier, R"(["paris", ""])", "input 1: the text");
  EXPECT_THAT(classifier.Run(R"([["paris", ""], "q"])"), HasSubstr(R"("label":"b")"));
  classifier.manifest().task = "text-ranking";
  expect(classifier, R"([{"query": "", "texts": ["paris"]}])", "the query");
  TinyPipeline tagger(tokens.PerToken({{0, 0, 0}}), "token-classification", kTags);
  expect(tagger, R"([" "])", "the text");
  tagger.manifest().task = "feature-extraction";
  expect(tagger, R"([""])", "the text");
  tagger.manifest().task = "sentence-similarity";
  expect(tagger, R"([{"source_sentence": "", "sentences": ["paris"]}])", "the source_sentence");
  expect(tagger, R"([{"source_sentence": "paris", "sentences": [""]}])", "the sentence");
  TinyPipeline filler(masks.PerToken({{0, 0}}), "fill-mask");
  expect(filler, R"([""])", "the text");
  TinyPipeline reader(ends.Scalar({{0}}, "start_logits").Scalar({{0}}, "end_logits"), "question-answering");
  expect(reader, R"([{"question": " ", "context": "paris"}])", "the question");
  TinyPipeline inferrer(pairs.Summed({{0, 1}}), "zero-shot-classification", {"contradiction", "entailment"});
  EXPECT_EQ(inferrer.Run(R"([""])", R"({"candidate_labels": ["paris"]})"),
            "the text has no tokens, so there is no answer");
}

TEST(ZeroShot, LabelsThatTheModelLacksAreAnErrorBeforeTheRun) {
  const auto start = [](std::vector<std::string> labels, const char* options) {
    TinyModel model;
    TinyPipeline pipeline(model.Summed({{0, 1}}), "text-classification", std::move(labels));
    return pipeline.Start(ParseTaskInputs(R"(["paris"])").value(), options).status();
  };
  const char* one = R"({"task": "zero-shot-classification", "candidate_labels": "big"})";
  const char* two = R"({"task": "zero-shot-classification", "candidate_labels": ["big", "new"]})";
  const char* each = R"({"task": "zero-shot-classification", "candidate_labels": ["big", "new"], "multi_label": true})";
  const char* needs = "'multi_label', and a single candidate, need a model with a label 'contradiction'";
  EXPECT_EQ(start({"a", "contradiction"}, two).message(),
            "zero-shot-classification needs a model with a label 'entailment'");
  EXPECT_EQ(start({"entailment", "neutral"}, one).message(), needs);
  EXPECT_EQ(start({"entailment", "neutral"}, each).message(), needs);
  EXPECT_TRUE(start({"entailment", "neutral"}, two).ok());
  EXPECT_TRUE(start({"entailment", "contradiction"}, one).ok());
}

TEST(Tasks, InputOfTheWrongKindIsAnError) {
  TinyModel sums, ends;
  TinyPipeline pipeline(sums.Summed({{0, 1}}), "text-classification", {"a", "b"});
  const auto run = [&](const char* task, const char* inputs) {
    pipeline.manifest().task = task;
    return pipeline.Run(inputs);
  };
  EXPECT_EQ(run("text-classification", R"([{"question": "q", "context": "paris"}])"),
            "text-classification: expected a text or {text, text_pair}, got {question, context}");
  EXPECT_EQ(run("text-classification", R"([{"text": "q", "texts": ["paris"]}])"),
            "text-classification: expected a text or {text, text_pair}, got {text, texts}");
  EXPECT_EQ(run("text-classification", "[{}]"),
            "input 0: expected a text ('text', 'question', 'query' or 'source_sentence') or an image with a width");
  EXPECT_EQ(run("text-classification", R"([{"text": "q", "query": "q"}])"),
            "input 0: 'query': expected only one of this and 'text'");
  EXPECT_EQ(run("token-classification", R"(["q", ["q", "paris"]])"),
            "input 1: token-classification: expected a text, got a text, a second text");
  EXPECT_EQ(run("feature-extraction", R"([{"query": "q", "texts": ["paris"]}])"),
            "feature-extraction: expected a text, got {query, texts}");
  EXPECT_EQ(run("text-ranking", R"(["q"])"), "text-ranking: expected {query, texts}, got a text");
  EXPECT_EQ(run("sentence-similarity", R"([{"query": "q", "texts": ["paris"]}])"),
            "sentence-similarity: expected {source_sentence, sentences}, got {query, texts}");
  TinyPipeline reader(ends.Scalar({{0}}, "start_logits").Scalar({{0}}, "end_logits"), "question-answering");
  EXPECT_EQ(reader.Run(R"(["q"])"), "question-answering: expected {question, context}, got a text");
  EXPECT_EQ(reader.Run(R"([{"text": "q", "text_pair": "paris"}])"),
            "question-answering: expected {question, context}, got {text, text_pair}");
  EXPECT_THAT(reader.Run(R"([["q", "paris"]])"), HasSubstr(R"("answer":"paris")"));
}

TEST(Tasks, OptionsOfTheManifestHoldUnlessTheCallerSaysOtherwise) {
  TinyModel model;
  TinyPipeline pipeline(model.Summed({{0, 0, 1}}), "text-classification", {"a", "b", "c"});
  pipeline.manifest().postprocessing.Set("top_k", 2.0);
  pipeline.manifest().postprocessing.Set("function", std::string("none"));
  EXPECT_EQ(pipeline.Run(R"(["paris"])"), R"([[{"label":"c","score":1.0},{"label":"a","score":0.0}]])");
  EXPECT_EQ(pipeline.Run(R"(["paris"])", R"({"topK": 1, "functionToApply": "sigmoid"})"),
            R"([[{"label":"c","score":0.7310586}]])");
}

}  // namespace
}  // namespace onedge::tasks

// The text routes, with expected values worked out by hand from the tables of the tiny models.
#include <limits>

#include "tests/contract/served_pipeline.h"

namespace onedge::contract {
namespace {

using tasks::TinyModel;
using tasks::TinyPipeline;
using ::testing::HasSubstr;

// A classifier of two labels: "paris" stands for "a", "big" for "b". With type ids it tells the texts of a pair apart.
TinyModel Classifier(bool type_ids = false) {
  TinyModel model;
  if (type_ids) model.builder.Input("token_type_ids", DType::kInt64, {"batch", "tokens"});
  model.Summed({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {3, 0}, {0, 0}, {0, 0}, {0, 2}});
  return model;
}
// Token i gives the vector [i, 1].
TinyModel Embedder() {
  TinyModel model;
  model.PerToken({{0, 1}, {1, 1}, {2, 1}, {3, 1}, {4, 1}, {5, 1}, {6, 1}, {7, 1}}, "last_hidden_state");
  return model;
}

TEST(Predict, OneTextABatchAndRawScores) {
  TinyModel model = Classifier(true);
  TinyPipeline tiny(model, "text-classification", {"a", "b"});
  ServedPipeline ask(tiny);
  const std::string paris = R"([{"label":"a","score":3.0},{"label":"b","score":0.0}])";
  const std::string both = R"([{"label":"a","score":3.0},{"label":"b","score":2.0}])";
  EXPECT_EQ(ask("predict", R"({"inputs": "paris", "raw_scores": true})"), paris);
  EXPECT_EQ(ask("predict", R"({"inputs": ["paris"], "raw_scores": true})"), paris);
  EXPECT_EQ(ask("predict", R"({"inputs": [["paris"], ["paris", "big"]], "raw_scores": true})"),
            StrCat("[", paris, ",", both, "]"));
  EXPECT_EQ(ask("predict", R"({"inputs": ["paris", "big"], "raw_scores": true})"), both);
  EXPECT_THAT(ask("predict", R"({"inputs": "paris"})"), HasSubstr(R"({"label":"a","score":0.95257)"));
}

TEST(Predict, AFlatPairIsRefusedWhereTheModelDoesNotTellTheTextsApart) {
  TinyModel model = Classifier();
  TinyPipeline tiny(model, "text-classification", {"a", "b"});
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("predict", R"({"inputs": ["paris", "big"]})"),
            "422 inputs: [text, text] is one pair, and model 'tiny' does not tell the texts of a pair apart; send two "
            "texts as [[text], [text]], and a pair that is meant as [[text, text]]");
  EXPECT_THAT(ask("predict", R"({"inputs": [["paris", "big"]], "raw_scores": true})"), HasSubstr(R"("b","score":2.0)"));
}

TEST(Predict, WhatCannotBeIsRefused) {
  TinyModel model = Classifier();
  TinyPipeline tiny(model, "text-classification", {"a", "b"});
  ServedPipeline ask(tiny);
  const char* forms = "422 inputs: expected a text, a pair, or an array of [text] and [text, pair]; got ";
  EXPECT_EQ(ask("predict", R"({"inputs": ["a", "b", "c"]})"), StrCat(forms, R"("a")"));
  EXPECT_EQ(ask("predict", R"({"inputs": [["a", "b", "c"]]})"), StrCat(forms, R"(["a","b","c"])"));
  for (const char* body : {"{}", R"({"inputs": null})", R"({"inputs": 7})", R"({"inputs": []})"}) {
    EXPECT_EQ(ask("predict", body), "422 inputs: expected a text or an array of them");
  }
  EXPECT_EQ(ask("predict", R"({"inputs": "a", "truncate": 1})"), "422 truncate: expected true or false, got 1");
  EXPECT_EQ(ask("predict", R"({"inputs": "a", "truncation_direction": "up"})"),
            R"(422 truncation_direction: expected left or right, got "up")");
  EXPECT_EQ(ask("predict", R"({"inputs": "  "})"), "422 the text has no tokens, so there is no answer");
  EXPECT_EQ(ask("predict", R"({"inputs": [["a"], [""]]})"),
            "422 input 1: the text has no tokens, so there is no answer");
  EXPECT_THAT(ask("predict", "[1]"), HasSubstr("400 the request's body is not a JSON object"));
  EXPECT_THAT(ask("predict", R"({"inputs":)"), HasSubstr("400 the request's body: expected JSON, but at byte"));
  EXPECT_THAT(ask("predict", "{\"inputs\": \"\xff\"}"),
              HasSubstr("400 the request's body: expected JSON, but at byte"));
  EXPECT_EQ(ask("dance", "{}"), "404 unknown route 'dance'");
  EXPECT_EQ(ask("embed", R"({"inputs": "a"})"),
            "422 the task of model 'tiny' is 'text-classification', not 'feature-extraction'");
  EXPECT_EQ(ask.Ask("dance", "{}").body, R"({"error":"unknown route 'dance'","error_type":"NOT_FOUND"})");
}

TEST(Limits, OfTextsTokensOfATextAndTokensOfARequest) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  const Limits limits = {.batch = 2, .tokens = 5, .batch_tokens = 8};
  const std::string cut = R"({"inputs": "paris is big new", "truncate": true})";
  EXPECT_EQ(ask("embed", R"({"inputs": ["a", "b", "c"]})", limits),
            "413 inputs: expected at most 2 in one request, got 3");
  EXPECT_EQ(ask("embed", R"({"inputs": "paris is big new"})", limits),
            "413 expected a text of at most 5 tokens, got 6; \"truncate\": true cuts it");
  EXPECT_EQ(ask("embed", R"({"inputs": [0, 4, 6, 7, 8, 1]})", limits),
            "413 expected a text of at most 5 tokens, got 6; \"truncate\": true cuts it");
  EXPECT_EQ(ask.Ask("embed", R"({"inputs": [0, 4, 6, 7, 8, 1], "truncate": true})", limits).status, 200);
  EXPECT_EQ(ask.Ask("embed", cut, limits).status, 200);
  EXPECT_EQ(ask.Start("embed", cut, limits)->tokens(), 5u);
  EXPECT_EQ(ask("embed", R"({"inputs": ["paris is big", "paris is"]})", limits),
            "413 inputs: expected at most 8 tokens in one request, got 9");
  EXPECT_EQ(ask("decode", R"({"ids": [[1], [2], [3]]})", limits), "413 ids: expected at most 2 in one request, got 3");
  EXPECT_FALSE(ask.Ask("embed", R"({"inputs": ["a", "b", "c"]})", limits).memory);
}

TEST(Embed, NormalizedOrNotCutToDimensionsFromTextsAndFromIds) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  // [CLS] paris [SEP]: the mean of 0, 4, 1.
  EXPECT_EQ(ask("embed", R"({"inputs": ["paris", [0, 4, 1]], "normalize": false})"),
            "[[1.6666666269302368,1.0],[1.6666666269302368,1.0]]");
  EXPECT_EQ(ask("embed", R"({"inputs": [0, 4, 1], "dimensions": 1})"), "[[1.0]]");
  EXPECT_EQ(ask("embed", R"({"inputs": "paris", "dimensions": 3})"), "422 dimensions: expected 1 to 2, got 3");
  EXPECT_EQ(ask("embed", R"({"inputs": "paris", "dimensions": 0})"),
            "422 dimensions: expected a whole number of at least 1, got 0");
  EXPECT_EQ(ask("embed", R"({"inputs": [99]})"), "422 expected token ids from 0 to 11, got 99");
  EXPECT_EQ(ask("embed", R"({"inputs": [[1], [-1]]})"), "422 inputs: expected token ids from 0 on, got [-1]");
  EXPECT_EQ(ask("embed", R"({"inputs": [1, "a"]})"), "422 inputs: expected texts or arrays of token ids, got 1");
  EXPECT_THAT(ask("embed", R"({"inputs": "a", "prompt_name": "query"})"), HasSubstr("422 prompt_name"));
  EXPECT_EQ(ask("embed_all", R"({"inputs": "paris"})"), "[[[0.0,1.0],[4.0,1.0],[1.0,1.0]]]");
  EXPECT_EQ(ask("embed_all", R"({"inputs": "paris is big", "truncate": true})", {.tokens = 4}),
            "[[[0.0,1.0],[4.0,1.0],[6.0,1.0],[1.0,1.0]]]");
  EXPECT_EQ(ask("embed_all", R"({"inputs": "paris is big", "truncate": true, "truncation_direction": "Left"})",
                {.tokens = 4}),
            "[[[0.0,1.0],[6.0,1.0],[7.0,1.0],[1.0,1.0]]]");
}

TEST(Embeddings, AsOpenAiHasThem) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("embeddings", R"({"input": "paris", "dimensions": 1})"),
            R"({"object":"list","data":[{"object":"embedding","index":0,"embedding":[1.0]}],"model":"tiny@1.2.3",)"
            R"("usage":{"prompt_tokens":3,"total_tokens":3}})");
  EXPECT_THAT(ask("embeddings", R"({"input": ["paris", [0, 1]], "encoding_format": "base64", "dimensions": 1})"),
              HasSubstr(R"({"object":"embedding","index":1,"embedding":"AACAPw=="})"));
  EXPECT_EQ(ask("embeddings", R"({"input": "a", "encoding_format": "hex"})"),
            "422 encoding_format: expected float or base64, got \"hex\"");
  EXPECT_EQ(ask("embeddings", R"({"input": "paris is big"})", {.tokens = 4}),
            "413 expected a text of at most 4 tokens, got 5; send a shorter one");
}

TEST(Rerank, BestFirstWithScoresLogitsAndTexts) {
  TinyModel model;
  TinyPipeline tiny(model.Summed({{0}, {0}, {0}, {0}, {2}, {0}, {0}, {-1}}), "text-classification", {"fits"});
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("rerank", R"({"query": "is", "texts": ["big", "paris"], "raw_scores": true, "return_text": true})"),
            R"([{"index":1,"text":"paris","score":2.0},{"index":0,"text":"big","score":-1.0}])");
  EXPECT_EQ(ask("rerank", R"({"query": "is", "texts": ["new"]})"), R"([{"index":0,"score":0.5}])");
  EXPECT_EQ(ask("rerank", R"({"texts": ["new"]})"), "422 query: expected a text");
  EXPECT_EQ(ask("rerank", R"({"query": "is", "texts": []})"), "422 texts: expected an array of texts");
  EXPECT_EQ(ask("rerank", R"({"query": "is", "texts": ["a", 7]})"), "422 texts: expected an array of texts");
  EXPECT_EQ(ask("rerank", R"({"query": "", "texts": ["a"]})"), "422 the query has no tokens, so there is no answer");
  TinyModel two = Classifier();
  TinyPipeline labels(two, "text-classification", {"a", "b"});
  EXPECT_THAT(ServedPipeline(labels)("rerank", R"({"query": "is", "texts": ["a"]})"),
              HasSubstr("a cross-encoder, which gives one score"));
}

TEST(Tokenize, OffsetsInBytesOfWholeCharacters) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("tokenize", R"({"inputs": "é parisian 🙂"})"),
            R"([[{"id":0,"text":"[CLS]","special":true,"start":null,"stop":null},)"
            R"({"id":11,"text":"é","special":false,"start":0,"stop":2},)"
            R"({"id":4,"text":"paris","special":false,"start":3,"stop":8},)"
            R"({"id":5,"text":"ian","special":false,"start":8,"stop":11},)"
            R"({"id":3,"text":"🙂","special":false,"start":12,"stop":16},)"
            R"({"id":1,"text":"[SEP]","special":true,"start":null,"stop":null}]])");
  EXPECT_EQ(ask("tokenize", R"({"inputs": ["is", ""], "add_special_tokens": false})"),
            R"([[{"id":6,"text":"is","special":false,"start":0,"stop":2}],[]])");
  EXPECT_EQ(ask("tokenize", R"({"inputs": [1]})"), "422 inputs: expected texts");
}

TEST(Decode, OneOrSeveral) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("decode", R"({"ids": [0, 4, 5, 1]})"), R"(["parisian"])");
  EXPECT_EQ(ask("decode", R"({"ids": [[0, 4], [6]], "skip_special_tokens": false})"), R"(["[CLS] paris","is"])");
  for (const char* ids : {"null", "[]", "7", R"(["a"])", "[[1], 2]", "[-1]", "[[1.5]]"}) {
    EXPECT_EQ(ask("decode", StrCat(R"({"ids": )", ids, "}")),
              "422 ids: expected an array of token ids, or an array of such arrays");
  }
}

// The settings of a task that change its answers: fixed length, pooling, the function of one label; and NaN.
TEST(AsTheTasks, AModelOfFixedLengthGetsItsTextsPadded) {
  TinyModel model("batch", 6);
  model.PerToken({{1, 2}, {3, 4}, {}, {}, {5, 6}}, "last_hidden_state");
  TinyPipeline tiny(model, "feature-extraction");
  EXPECT_EQ(ServedPipeline(tiny)("embed", R"({"inputs": "paris", "normalize": false})"), "[[3.0,4.0]]");
}

TEST(AsTheTasks, PoolingNoneGivesAVectorForEachToken) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  tiny.manifest().postprocessing.Set("pooling", std::string("none"));
  ServedPipeline ask(tiny);
  EXPECT_EQ(ask("embed", R"({"inputs": "paris", "normalize": false})"), "[[[0.0,1.0],[4.0,1.0],[1.0,1.0]]]");
  const std::unique_ptr<Call> refused = ask.Start("embeddings", R"({"input": "paris"})");
  EXPECT_EQ(refused->answer().status, 422) << "before it runs";
  EXPECT_THAT(refused->answer().body, HasSubstr("this model's package has pooling 'none'"));
}

TEST(AsTheTasks, SoftmaxOverOneLabelIsOne) {
  TinyModel model;
  TinyPipeline tiny(model.Summed({{0}, {0}, {0}, {0}, {2}}), "text-classification", {"a"});
  ServedPipeline ask(tiny);
  EXPECT_THAT(ask("predict", R"({"inputs": "paris"})"), HasSubstr(R"("score":0.88079)"));
  tiny.manifest().postprocessing.Set("function", std::string("softmax"));
  EXPECT_EQ(ask("predict", R"({"inputs": "paris"})"), R"([{"label":"a","score":1.0}])");
}

TEST(AsTheTasks, NaNIsAnErrorAndNotNull) {
  TinyModel model;
  const float nan = std::numeric_limits<float>::quiet_NaN();
  TinyPipeline tiny(model.Summed({{0, 0}, {0, 0}, {0, 0}, {0, 0}, {nan, 0}}), "text-classification", {"a", "b"});
  ServedPipeline ask(tiny);
  EXPECT_THAT(ask("predict", R"({"inputs": "paris"})"), HasSubstr("422 the model's output holds NaN"));
  EXPECT_THAT(ask("predict", R"({"inputs": "paris", "raw_scores": true})"),
              HasSubstr("422 the model's output holds NaN"));
}

TEST(Call, OfManyTextsTakesManyStepsAndStopsWhenItIsCancelled) {
  TinyModel model = Embedder();
  TinyPipeline tiny(model, "feature-extraction");
  ServedPipeline ask(tiny);
  std::string inputs;
  for (int i = 0; i < 120; ++i) inputs += StrCat(i == 0 ? "" : ",", i % 2 ? R"("paris is big")" : R"("new")");
  const std::string body = StrCat(R"({"inputs": [)", inputs, "]}");
  EXPECT_EQ(ask.Ask("embed", body).status, 200);
  EXPECT_GE(ask.steps(), 4);
  const std::unique_ptr<Call> call = ask.Start("embed", body);
  EXPECT_TRUE(call->Step(tiny.session()));
  EXPECT_FALSE(call->Step(tiny.session(), {.cancelled = [] { return true; }}));
  EXPECT_EQ(call->answer().status, 499);
  EXPECT_FALSE(call->Step(tiny.session()));
}

TEST(Call, StopsInTheMiddleOfABatchAndTheOthersWait) {
  TinyModel model = Classifier();
  TinyPipeline tiny(model, "text-classification", {"a", "b"});
  ServedPipeline one(tiny), two(tiny), three(tiny);
  const std::unique_ptr<Call> first = one.Start("predict", R"({"inputs": "paris", "raw_scores": true})");
  const std::unique_ptr<Call> second = two.Start("predict", R"({"inputs": [["big is"], ["is"]], "raw_scores": true})");
  const std::unique_ptr<Call> tokens = three.Start("tokenize", R"({"inputs": "is"})");
  const runtime::Deadline past{};
  EXPECT_TRUE(first->Step(tiny.session(), {}, past));
  ASSERT_TRUE(tiny.session().running());
  EXPECT_TRUE(second->Step(tiny.session()));
  EXPECT_TRUE(second->Step(tiny.session()));
  EXPECT_FALSE(tokens->Step(tiny.session())) << "a call that needs no run does not wait";
  while (first->Step(tiny.session(), {}, past)) {
  }
  while (second->Step(tiny.session(), {}, past)) {
  }
  EXPECT_EQ(first->answer().body, R"([{"label":"a","score":3.0},{"label":"b","score":0.0}])");
  EXPECT_EQ(
      second->answer().body,
      R"([[{"label":"b","score":2.0},{"label":"a","score":0.0}],[{"label":"a","score":0.0},{"label":"b","score":0.0}]])");
}

}  // namespace
}  // namespace onedge::contract

#include "tasks/task_json.h"

#include <gtest/gtest.h>

namespace onedge::tasks {
namespace {

TEST(ParseTaskInputs, EveryShape) {
  const auto inputs =
      ParseTaskInputs(R"(["a", ["b", "c"], {"text": "d", "text_pair": "e"}, {"question": "f", "context": "g"},
                                          {"query": "h", "texts": ["i", "j"]}, {"source_sentence": "k", "sentences": []},
                                          {"width": 3, "height": 2, "channels": 1}])")
          .value();
  ASSERT_EQ(inputs.size(), 7u);
  EXPECT_EQ(inputs[0].text, "a");
  EXPECT_FALSE(inputs[0].pair);
  EXPECT_EQ(inputs[1].pair, "c");
  EXPECT_EQ(inputs[2].pair, "e");
  EXPECT_EQ(inputs[3].text, "f");
  EXPECT_EQ(inputs[3].pair, "g");
  EXPECT_EQ(inputs[4].texts, (std::vector<std::string>{"i", "j"}));
  EXPECT_EQ(inputs[5].text, "k");
  EXPECT_EQ(inputs[6].image.width, 3u);
}

TEST(ParseTaskInputs, ErrorsNameTheInput) {
  const auto error = [](std::string_view json) { return std::string(ParseTaskInputs(json).status().message()); };
  EXPECT_EQ(error("{}"), "inputs: expected an array, got object");
  EXPECT_EQ(error(R"(["a", 7])"), "input 1: expected a text, got uint");
  EXPECT_EQ(error(R"([["a"]])"), "input 0: expected a text, got array");
  EXPECT_EQ(error(R"([{"texts": "a"}])"), "input 0: 'texts': expected an array of texts, got string");
  EXPECT_EQ(error(R"([{"width": -1}])"), "input 0: 'width': expected a whole number");
  EXPECT_EQ(error(R"([{"colour": 1}])"), "input 0: 'colour': no task has such an input");
  EXPECT_FALSE(ParseTaskInputs("[\"\xff\"]").ok());
  EXPECT_FALSE(ParseTaskInputs("").ok());
}

TEST(ReadTaskOptions, NamesInBothStylesAndErrorsThatSayWhatWasExpected) {
  const auto read = [](Task task, std::string_view json, TaskOptions& options) {
    return std::string(ReadTaskOptions(task, package::ParseSettings(json).value(), true, options).message());
  };
  TaskOptions options;
  EXPECT_EQ(
      read(Task::kQuestionAnswering, R"({"topK": 3, "max_answer_len": 7, "handleImpossibleAnswer": true})", options),
      "");
  EXPECT_EQ(options.top_k, 3);
  EXPECT_EQ(options.max_answer_len, 7);
  EXPECT_TRUE(options.handle_impossible_answer);
  EXPECT_EQ(read(Task::kZeroShotClassification, R"({"candidateLabels": "one"})", options), "");
  EXPECT_EQ(options.candidate_labels, (std::vector<std::string>{"one"}));
  EXPECT_EQ(read(Task::kZeroShotClassification, R"({"candidate_labels": []})", options), "");
  EXPECT_TRUE(options.candidate_labels.empty());
  EXPECT_EQ(read(Task::kFeatureExtraction, R"({"pooling": "last_token"})", options), "");
  EXPECT_EQ(options.pooling, Pooling::kLastToken);
  EXPECT_EQ(read(Task::kFeatureExtraction, R"({"pooling": "las"})", options),
            "'pooling': expected none mean cls last_token max");
  EXPECT_EQ(read(Task::kFeatureExtraction, R"({"normalize": 1})", options), "'normalize': expected true or false");
  EXPECT_EQ(read(Task::kTextClassification, R"({"top_k": 1.5})", options),
            "'top_k': expected a whole number of at least 0");
  EXPECT_EQ(read(Task::kTextClassification, R"({"top_k": [1]})", options),
            "'top_k': expected a whole number of at least 0");
  EXPECT_EQ(read(Task::kFillMask, R"({"targets": 5})", options), "'targets': expected an array of strings");
  EXPECT_EQ(read(Task::kFillMask, R"({"TopK": 5})", options),
            "'TopK' is not a setting of fill-mask; its settings are max_length, top_k, targets, mask_token");
}

}  // namespace
}  // namespace onedge::tasks

#include "tasks/task_json.h"

#include <gtest/gtest.h>

namespace onedge::tasks {
namespace {

TEST(ParseTaskInputs, ReadsEveryShape) {
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

TEST(ParseTaskInputs, TokenIdsInPlaceOfAText) {
  const auto inputs = ParseTaskInputs(R"([{"ids": [0, 7, 2147483647]}])").value();
  EXPECT_EQ(inputs[0].ids, (std::vector<int32_t>{0, 7, 2147483647}));
  const auto error = [](std::string_view json) { return std::string(ParseTaskInputs(json).status().message()); };
  for (const char* ids : {"7", "[-1]", "[1.5]", "[2147483648]", R"(["a"])"}) {
    EXPECT_EQ(error(StrCat(R"([{"ids": )", ids, "}]")), "input 0: 'ids': expected an array of token ids");
  }
  EXPECT_EQ(error(R"([{"text": "a", "ids": [1]}])"), "input 0: expected only one of 'ids' and 'text'");
}

}  // namespace
}  // namespace onedge::tasks

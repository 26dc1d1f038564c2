#include "tasks/settings.h"

#include <gtest/gtest.h>

#include <array>

namespace onedge::tasks {
namespace {

enum class Colour : uint8_t { kRed, kGreen };
constexpr std::string_view kColours[] = {"red", "green"};

// One member of each kind of setting.
struct Members {
  uint64_t top_k = 1;
  std::optional<uint64_t> doc_stride;
  double threshold = 0.5;
  bool multi_label = false;
  std::string mask_token;
  std::vector<double> mean;
  std::vector<std::string> candidate_labels;
  Colour colour = Colour::kRed;

  std::string Read(std::string_view json, bool strict = true) {
    const Setting settings[] = {{"top_k", &top_k},
                                {"doc_stride", &doc_stride},
                                {"threshold", &threshold},
                                {"multi_label", &multi_label},
                                {"mask_token", &mask_token},
                                {"mean", &mean},
                                {"candidate_labels", &candidate_labels},
                                {"colour", ChoiceOf(kColours, &colour)}};
    return std::string(ReadSettings("painting", settings, package::ParseSettings(json).value(), strict).message());
  }
};

TEST(ReadSettings, EveryKindInBothStyles) {
  Members members;
  EXPECT_EQ(members.Read(R"({"topK": 9007199254740992, "doc_stride": 7, "threshold": 0.25, "multiLabel": true,
                             "mask_token": "[M]", "mean": [1, 2.5], "candidateLabels": ["a", "b"],
                             "colour": "green"})"),
            "");
  EXPECT_EQ(members.top_k, 9007199254740992u);
  EXPECT_EQ(members.doc_stride, 7u);
  EXPECT_EQ(members.threshold, 0.25);
  EXPECT_TRUE(members.multi_label);
  EXPECT_EQ(members.mask_token, "[M]");
  EXPECT_EQ(members.mean, (std::vector<double>{1, 2.5}));
  EXPECT_EQ(members.candidate_labels, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(members.colour, Colour::kGreen);
}

TEST(ReadSettings, OneStringIsAListOfIt) {
  Members members;
  EXPECT_EQ(members.Read(R"({"candidate_labels": "one"})"), "");
  EXPECT_EQ(members.candidate_labels, (std::vector<std::string>{"one"}));
  EXPECT_EQ(members.Read(R"({"candidate_labels": []})"), "");
  EXPECT_TRUE(members.candidate_labels.empty());
}

TEST(ReadSettings, ErrorsSayWhatWasExpected) {
  Members members;
  for (const char* value : {"1.5", "-1", "[1]", R"("1")", "true", "9007199254740994"}) {
    EXPECT_EQ(members.Read(StrCat(R"({"top_k": )", value, "}")), "'top_k': expected a whole number of at least 0");
    EXPECT_EQ(members.Read(StrCat(R"({"docStride": )", value, "}")),
              "'docStride': expected a whole number of at least 0");
  }
  EXPECT_EQ(members.top_k, 1u);
  EXPECT_EQ(members.Read(R"({"threshold": "a"})"), "'threshold': expected a number");
  EXPECT_EQ(members.Read(R"({"multi_label": 1})"), "'multi_label': expected true or false");
  EXPECT_EQ(members.Read(R"({"mask_token": 1})"), "'mask_token': expected a string");
  EXPECT_EQ(members.Read(R"({"mean": 5})"), "'mean': expected an array of numbers");
  EXPECT_EQ(members.Read(R"({"candidate_labels": [5]})"), "'candidate_labels': expected an array of strings");
  EXPECT_EQ(members.Read(R"({"colour": "gree"})"), "'colour': expected red green");
  EXPECT_EQ(members.Read(R"({"colour": 1})"), "'colour': expected red green");
}

TEST(ReadSettings, UnknownOnesAreErrorsWhereItIsStrict) {
  Members members;
  EXPECT_EQ(members.Read(R"({"TopK": 5})"),
            "'TopK' is not a setting of painting; its settings are top_k, doc_stride, threshold, multi_label, "
            "mask_token, mean, candidate_labels, colour");
  EXPECT_EQ(members.Read(R"({"TopK": 5, "top_k": 3})", false), "");
  EXPECT_EQ(members.top_k, 3u);
}

}  // namespace
}  // namespace onedge::tasks

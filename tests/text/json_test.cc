#include "text/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>

namespace onedge {
namespace {

using ::testing::HasSubstr;

JsonDocument Parsed(std::string_view text) {
  auto document = JsonDocument::Parse(text, "test");
  EXPECT_TRUE(document.ok()) << document.status().ToString();
  return std::move(*document);
}

TEST(JsonDocument, SaysWhereATextIsNotJson) {
  const auto broken = JsonDocument::Parse("{\"a\": 1,}", "settings.json");
  EXPECT_EQ(broken.status().code(), StatusCode::kCorruptFile);
  EXPECT_THAT(broken.status().ToString(), HasSubstr("settings.json: expected JSON, but at byte 7 of 9: "));
  EXPECT_THAT(JsonDocument::Parse("", "empty").status().ToString(), HasSubstr("empty: expected JSON"));
  EXPECT_THAT(JsonDocument::Parse("\"\xff\"", "bytes").status().ToString(), HasSubstr("bytes: expected JSON"));
}

TEST(JsonValue, GivesEachTypeAndNothingOfOthers) {
  const JsonDocument document =
      Parsed(R"({"n": null, "b": true, "i": -3, "u": 18446744073709551615, "d": 1.5, "s": "aéb", "a": [1, "x"]})");
  const JsonValue root = document.root();
  EXPECT_EQ(root.size(), 7u);
  EXPECT_TRUE(root.Find("n") && root.Find("n").is_null());
  EXPECT_TRUE(root.Find("b").is_bool() && root.Find("b").boolean());
  EXPECT_EQ(root.Find("i").Integer(), -3);
  EXPECT_EQ(root.Find("i").Count(), std::nullopt);
  EXPECT_EQ(root.Find("u").Count(), UINT64_MAX);
  EXPECT_EQ(root.Find("u").Count(UINT32_MAX), std::nullopt);
  EXPECT_EQ(root.Find("u").Integer(), std::nullopt);
  EXPECT_EQ(root.Find("d").number(), 1.5);
  EXPECT_EQ(root.Find("d").Integer(), std::nullopt);
  EXPECT_EQ(root.Find("s").string(),
            "a\xc3\xa9"
            "b");
  EXPECT_EQ(root.Find("s").number(), 0);
  EXPECT_EQ(root.Find("d").string(), "");
  EXPECT_EQ(root.Find("a").size(), 2u);
  EXPECT_FALSE(root.Find("absent"));
  EXPECT_FALSE(root.Find("a").Find("x"));
  EXPECT_FALSE(JsonValue().is_null());
  EXPECT_EQ(JsonValue().size(), 0u);
}

TEST(JsonDocument, ReadsNumbersAsSerdeJsonWhereAsked) {
  const std::string text =
      R"([-2.0122928619384766, -12.801451854515033, 0.1, -8.85713577270507812345678901, 123456789012345678901234567890,)"
      R"( 1E+23, 25e-325, 1e400, 0e999999999999, -0, 7, -7, 18446744073709551615, 18446744073709551616])";
  const auto bytes = std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size());
  const auto document = JsonDocument::Parse(bytes, "test", nullptr, JsonNumbers::kSerde);
  ASSERT_TRUE(document.ok()) << document.status().ToString();
  std::vector<double> numbers;
  std::vector<std::optional<int64_t>> integers;
  std::vector<std::optional<uint64_t>> counts;
  for (JsonCursor at(document->root()); at.Next();) {
    ASSERT_TRUE(at.value().is_number());
    numbers.push_back(at.value().number());
    integers.push_back(at.value().Integer());
    counts.push_back(at.value().Count());
  }
  // The first two are not the nearest doubles: -0x1.0192dp+1 and -0x1.99a57e5c0ebd6p+3.
  EXPECT_EQ(numbers, (std::vector<double>{-0x1.0192d00000001p+1, -0x1.99a57e5c0ebd5p+3, 0.1, -0x1.1b6da8p+3,
                                          123456789012345678901234567890.0, 1e23, 25e-325, HUGE_VAL, 0, 0, 7, -7,
                                          0x1p64, 0x1p64}));
  EXPECT_TRUE(std::signbit(numbers[9]));
  EXPECT_EQ(integers[10], 7);
  EXPECT_EQ(integers[11], -7);
  EXPECT_EQ(integers[12], std::nullopt);
  EXPECT_EQ(counts[11], std::nullopt);
  EXPECT_EQ(counts[12], UINT64_MAX);
  EXPECT_EQ(counts[13], std::nullopt);
  EXPECT_EQ(counts[2], std::nullopt);
  JsonWriter copy;
  copy.Copy(document->root());
  EXPECT_EQ(JsonDocument::Parse(*copy.ToString(), "copy").status().code(), StatusCode::kCorruptFile);  // 1e400
  EXPECT_EQ(copy.ToString()->substr(0, 21), "[-2.0122928619384766,");
}

TEST(JsonCursor, StepsThroughNestedContainers) {
  const JsonDocument document = Parsed(R"({"first": [[1, 2], [], {"k": 3}], "second": 4})");
  std::string seen;
  for (JsonCursor member(document.root()); member.Next();) {
    seen += StrCat(member.key(), "(");
    for (JsonCursor element(member.value()); element.Next();) seen += StrCat(element.value().size(), " ");
    seen += ")";
  }
  EXPECT_EQ(seen, "first(2 0 1 )second()");
}

TEST(JsonWriter, WritesWhatReadsBackTheSame) {
  JsonWriter json;
  json.Object();
  json.Key("text").Text("quote \" tab \t \xc3\xa9");
  json.Key("list").Array().Int(-1).Uint(UINT64_MAX).Number(0.1).Float(0.1f).Null().Bool(false).End();
  json.Key("empty").Object().End();
  json.Key("raw").Raw("{\"a\":[]}");
  json.End();
  EXPECT_EQ(json.ToString().value(),
            "{\"text\":\"quote \\\" tab \\t \xc3\xa9\",\"list\":[-1,18446744073709551615,0.1,0.1,null,false],"
            "\"empty\":{},\"raw\":{\"a\":[]}}");
}

TEST(JsonWriter, NumbersThatJsonCannotSayAreNull) {
  JsonWriter json;
  json.Array().Number(std::nan("")).Float(std::numeric_limits<float>::infinity()).Number(1).End();
  EXPECT_EQ(json.ToString().value(), "[null,null,1.0]");
}

TEST(JsonWriter, FloatsTakeTheFewestDigitsThatReadBack) {
  for (uint32_t bits = 0x00800000; bits < 0x7f000000; bits += 0x00123457) {
    float value;
    std::memcpy(&value, &bits, sizeof value);
    JsonWriter json;
    json.Float(value);
    const std::string text = json.ToString().value();
    EXPECT_EQ(static_cast<float>(Parsed(text).root().number()), value) << text;
  }
}

TEST(JsonWriter, NumbersHaveOneSpellingOnEveryHost) {
  const std::pair<double, const char*> cases[] = {{0, "0.0"},
                                                  {-0.0, "-0.0"},
                                                  {1, "1.0"},
                                                  {-12.5, "-12.5"},
                                                  {0.1, "0.1"},
                                                  {100, "100.0"},
                                                  {123456789, "123456789.0"},
                                                  {1e-6, "0.000001"},
                                                  {-1.5e-7, "-1.5e-7"},
                                                  {1e-300, "1e-300"},
                                                  {1e300, "1e300"},
                                                  {1e20, "100000000000000000000.0"},
                                                  {1e21, "1e21"},
                                                  {1.25e22, "1.25e22"},
                                                  {5e-324, "5e-324"},
                                                  {0.30000000000000004, "0.30000000000000004"},
                                                  {1.7976931348623157e308, "1.7976931348623157e308"}};
  for (const auto& [value, text] : cases) {
    JsonWriter json;
    json.Number(value);
    EXPECT_EQ(json.ToString().value(), text);
  }
}

TEST(JsonWriter, RefusesTextThatIsNotUtf8) {
  JsonWriter json;
  json.Text("\xff");
  EXPECT_EQ(json.ToString().status().code(), StatusCode::kInvalidArgument);
  EXPECT_THAT(json.ToString().status().ToString(), HasSubstr("not UTF-8"));
}

TEST(JsonWriter, CopiesAValueOfADocument) {
  const std::string text = R"({"a":[1,-2,0.5,true,null,[],{}],"b\n\u001F\"\\":{"c":"\u00e9/"}})";
  const JsonDocument document = JsonDocument::Parse(text, "test").value();
  JsonWriter json;
  json.Array().Copy(document.root()).Copy(document.root().Find("a")).End();
  EXPECT_EQ(
      json.ToString().value(),
      "[{\"a\":[1,-2,0.5,true,null,[],{}],\"b\\n\\u001F\\\"\\\\\":{\"c\":\"\xC3\xA9/\"}},[1,-2,0.5,true,null,[],{}]]");
}

}  // namespace
}  // namespace onedge

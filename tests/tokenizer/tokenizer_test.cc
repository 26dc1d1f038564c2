// Properties that recorded cases do not cover: offset units, ill-formed text, batches, windows, and wrong files.
#include "tokenizer/tokenizer.h"

#include <gtest/gtest.h>

#include "tests/tokenizer/fixtures.h"

namespace onedge::tokenizer {
namespace {

constexpr std::string_view kModel =
    R"({"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":20,
        "vocab":{"[UNK]":0,"a":1,"é":2,"😀":3,"##b":4,"[X]":5,"c":6}})";

std::string Json(std::string_view members = {}) {
  return StrCat(R"({"version":"1.0","pre_tokenizer":{"type":"Whitespace"},)", members, R"("model":)", kModel, "}");
}

std::unique_ptr<const Tokenizer> Load(const std::string& json) {
  auto tokenizer = LoadTokenizer(json);
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  return tokenizer.ok() ? std::move(tokenizer).value() : nullptr;
}

std::vector<Offset> Offsets(const Tokenizer& tokenizer, std::string_view text, OffsetUnit unit) {
  const auto encoding = tokenizer.Encode(text, {.offset_unit = unit});
  EXPECT_TRUE(encoding.ok());
  return encoding.ok() ? Field(encoding.value(), &EncodedToken::offset) : std::vector<Offset>();
}

TEST(Tokenizer, OffsetsComeInTheUnitAskedFor) {
  const auto tokenizer = Load(Json());
  const std::string_view text = "é 😀 ab";
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kCodePoints), (std::vector<Offset>{{0, 1}, {2, 3}, {4, 5}, {5, 6}}));
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kUtf16), (std::vector<Offset>{{0, 1}, {2, 4}, {5, 6}, {6, 7}}));
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kBytes), (std::vector<Offset>{{0, 2}, {3, 7}, {8, 9}, {9, 10}}));
}

TEST(Tokenizer, IllFormedTextCountsAsReplacementCharacters) {
  const auto tokenizer = Load(Json());
  const std::string_view text =
      "a \xF0\x9F\x98 \xFF\xFE"
      " ab";  // one subpart of three bytes, then two of one
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kCodePoints),
            (std::vector<Offset>{{0, 1}, {2, 3}, {4, 6}, {7, 8}, {8, 9}}));
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kUtf16),
            (std::vector<Offset>{{0, 1}, {2, 3}, {4, 6}, {7, 8}, {8, 9}}));
  EXPECT_EQ(Offsets(*tokenizer, text, OffsetUnit::kBytes),
            (std::vector<Offset>{{0, 1}, {2, 5}, {6, 8}, {9, 10}, {10, 11}}));
}

TEST(Tokenizer, TheFilesOwnTruncationAndPaddingHoldUnlessToldOtherwise) {
  const auto tokenizer = Load(Json(R"("truncation":{"max_length":2,"strategy":"LongestFirst","stride":0},
      "padding":{"strategy":{"Fixed":4},"direction":"Left","pad_to_multiple_of":null,"pad_id":5,"pad_type_id":1,"pad_token":"[X]"},)"));
  EXPECT_EQ(tokenizer->truncation().max_length, 2u);
  EXPECT_EQ(tokenizer->padding().length, 4u);
  EXPECT_EQ(tokenizer->Encode("a c a").value().ids(), (std::vector<int32_t>{5, 5, 1, 6}));
  EXPECT_EQ(tokenizer->Encode("a c a", {.truncation = Truncation::Off(), .padding = Padding::Off()}).value().ids(),
            (std::vector<int32_t>{1, 6, 1}));
}

TEST(Tokenizer, ABatchIsPaddedToItsLongest) {
  const auto tokenizer = Load(Json());
  const EncodeInput inputs[] = {{"a", {}}, {"a b c", "c"}, {"", {}}};
  const auto batch = tokenizer->EncodeBatch(inputs, {.padding = Padding{.pad_id = 5}, .token_texts = true}, nullptr);
  ASSERT_TRUE(batch.ok()) << batch.status().ToString();
  EXPECT_EQ(batch.value()[0].ids(), (std::vector<int32_t>{1, 5, 5, 5}));
  EXPECT_EQ(Field(batch.value()[0], &EncodedToken::attention_mask), (std::vector<uint8_t>{1, 0, 0, 0}));
  EXPECT_EQ(batch.value()[1].ids(), (std::vector<int32_t>{1, 0, 6, 6}));
  EXPECT_EQ(batch.value()[2].token_texts, (std::vector<std::string>(4, "[PAD]")));
}

TEST(Tokenizer, AllWindowsCoverTheWholeTextWhenAskedTo) {
  const auto tokenizer = Load(Json());
  const Truncation truncation{.max_length = 2};
  EXPECT_EQ(tokenizer->Encode("a a a a c", {.truncation = truncation}).value().overflowing.size(),
            0u);  // as Hugging Face 0.23
  const auto encoding = tokenizer->Encode("a a a a c", {.truncation = truncation, .all_windows = true});
  ASSERT_EQ(encoding.value().overflowing.size(), 2u);
  EXPECT_EQ(encoding.value().overflowing[1].ids(), (std::vector<int32_t>{6}));
}

TEST(Tokenizer, AStrideAsLongAsTheWindowIsAnError) {
  const auto encoding =
      Load(Json())->Encode("a a a a", {.truncation = Truncation{.max_length = 2, .stride = 2}, .all_windows = true});
  EXPECT_EQ(encoding.status().code(), StatusCode::kInvalidArgument);
}

TEST(Tokenizer, AWordThatNeedsAMissingUnknownTokenIsAnError) {
  const auto tokenizer = Load(R"({"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",
      "max_input_chars_per_word":20,"vocab":{"a":0}}})");
  EXPECT_TRUE(tokenizer->Encode("a").ok());
  EXPECT_EQ(tokenizer->Encode("b").status().code(), StatusCode::kInvalidArgument);
}

TEST(Tokenizer, IdsAndTokensAnswerEachOther) {
  const auto tokenizer = Load(Json(
      R"("added_tokens":[{"id":9,"content":"<new>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],)"));
  EXPECT_EQ(tokenizer->vocabulary_size(), 8u);
  EXPECT_EQ(tokenizer->TokenToId("<new>"), 7);  // the next free id, as in Hugging Face; the id in the file is ignored
  EXPECT_EQ(tokenizer->IdToToken(7), "<new>");
  EXPECT_EQ(tokenizer->IdToToken(4), "##b");
  EXPECT_EQ(tokenizer->IdToToken(99), "");
  EXPECT_EQ(tokenizer->IdToToken(-1), "");
  EXPECT_EQ(tokenizer->TokenToId("nothing"), std::nullopt);
}

struct Wrong {
  std::string json;
  StatusCode code;
  std::string says;
};

TEST(Tokenizer, AWrongFileIsAnErrorThatSaysWhere) {
  const std::string deep = StrCat(std::string(1000000, '['), std::string(1000000, ']'));
  std::string nested = R"({"type":"NFC"})";
  for (int i = 0; i < 1000; ++i) nested = StrCat(R"({"type":"Sequence","normalizers":[)", nested, "]}");
  const Wrong cases[] = {
      {"", StatusCode::kCorruptFile, "expected JSON"},
      {Json().substr(0, 100), StatusCode::kCorruptFile, "at byte"},
      {"[]", StatusCode::kCorruptFile, "expected an object"},
      {"{}", StatusCode::kCorruptFile, "'model'"},
      {R"({"model":5})", StatusCode::kCorruptFile, "tokenizer.json.model"},
      {R"({"model":{"type":"Markov"}})", StatusCode::kUnsupported, "'Markov'"},
      {Json(R"("normalizer":{"type":"Shout"},)"), StatusCode::kUnsupported, "normalizer: type 'Shout'"},
      {Json(R"("normalizer":{"type":"Strip","strip_left":1},)"), StatusCode::kCorruptFile,
       "strip_left: expected true or false"},
      {Json(R"("normalizer":{"type":"Replace","pattern":{"Regex":"a+("},"content":""},)"), StatusCode::kCorruptFile,
       "normalizer.pattern: regular expression 'a+('"},
      {Json(R"("normalizer":{"type":"Replace","pattern":{"Regex":"(?~a|b"},"content":""},)"), StatusCode::kUnsupported,
       "absent operator"},
      {Json(R"("normalizer":{"type":"Replace","pattern":"a","content":""},)"), StatusCode::kCorruptFile, "Regex"},
      {Json(R"("padding":{"strategy":"Some"},)"), StatusCode::kCorruptFile, "padding.strategy"},
      {Json(R"("truncation":{"max_length":-1,"strategy":"LongestFirst","stride":0},)"), StatusCode::kCorruptFile,
       "max_length"},
      {Json(R"("added_tokens":[{"id":1}],)"), StatusCode::kCorruptFile, "added_tokens[0]"},
      {Json(R"("post_processor":{"type":"BertProcessing","sep":["a"],"cls":["b",1]},)"), StatusCode::kCorruptFile,
       "sep"},
      {Json(
           R"("post_processor":{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"Q","type_id":0}}],"pair":[],"special_tokens":{}},)"),
       StatusCode::kCorruptFile, "'Q'"},
      {R"({"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"","max_input_chars_per_word":1,"vocab":{"a":4294967296}}})",
       StatusCode::kCorruptFile, "key 'a'"},
      {R"({"model":{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"","max_input_chars_per_word":1,"vocab":["a"]}})",
       StatusCode::kCorruptFile, "vocab: expected an object"},
      {deep, StatusCode::kCorruptFile, "expected an object"},
      {StrCat(R"({"normalizer":)", deep, "}"), StatusCode::kCorruptFile, "normalizer"},
      {StrCat(R"({"normalizer":)", nested, R"(,"model":)", kModel, "}"), StatusCode::kCorruptFile, "nested"},
  };
  for (const Wrong& wrong : cases) {
    const Status status = LoadTokenizer(wrong.json).status();
    EXPECT_EQ(status.code(), wrong.code) << wrong.json.substr(0, 120) << "\n" << status.ToString();
    EXPECT_NE(status.message().find(wrong.says), std::string::npos) << status.ToString();
  }
}

TEST(Tokenizer, EveryTruncationOfAFileIsAnErrorAndNoFault) {
  const std::string json = Json(R"("normalizer":{"type":"NFC"},)");
  for (size_t size = 0; size < json.size(); ++size) {
    const Status status = LoadTokenizer(json.substr(0, size)).status();
    EXPECT_TRUE(status.message().starts_with("tokenizer.json: expected JSON, but at byte ")) << status.ToString();
  }
}

}  // namespace
}  // namespace onedge::tokenizer

// A tokenizer under a MemoryBudget: its memory, also during loading, is counted and refused in time.
#include <gtest/gtest.h>

#include "tests/tokenizer/fixtures.h"

namespace onedge::tokenizer {
namespace {

constexpr int kWords = 3000;

std::string Word(int i) {
  std::string word;
  for (int left = i; word.empty() || left > 0; left /= 26) word += static_cast<char>('a' + left % 26);
  return word + StrCat(i);
}

// `vocab` as {"word": id, ...} or [["word", score], ...].
std::string Vocabulary(bool scores, bool descending = false) {
  std::string out(scores ? R"([["<unk>",0])" : R"({"[UNK]":0)");
  for (int i = 1; i < kWords; ++i) {
    const int id = descending ? kWords - i : i;
    out += scores ? StrCat(R"(,[")", Word(i), R"(",-)", i, "]") : StrCat(R"(,")", Word(i), R"(":)", id);
  }
  return out + (scores ? "]" : "}");
}

std::string WithModel(const std::string& model, const char* normalizer = "null") {
  return StrCat(
      R"({"version":"1.0","added_tokens":[{"id":0,"content":"[UNK]","single_word":false,"lstrip":false,"rstrip":false,)",
      R"("normalized":false,"special":true}],"normalizer":)", normalizer,
      R"(,"pre_tokenizer":{"type":"BertPreTokenizer"},"model":)", model, "}");
}
std::string WordPieceJson(bool descending = false) {
  return WithModel(StrCat(R"({"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##",)",
                          R"("max_input_chars_per_word":100,"vocab":)", Vocabulary(false, descending), "}"));
}
std::string UnigramJson() {
  return WithModel(StrCat(R"({"type":"Unigram","unk_id":0,"vocab":)", Vocabulary(true), "}"));
}
// The first two characters of every word, and the merge that makes them.
std::string BpeJson() {
  std::string vocabulary = R"({"[UNK]":0)", merges;
  int id = 1;
  for (char a = 'a'; a <= 'z'; ++a) vocabulary += StrCat(",\"", a, "\":", id++);
  for (char a = 'a'; a <= 'z'; ++a) {
    for (char b = 'a'; b <= 'z'; ++b) {
      vocabulary += StrCat(",\"", a, b, "\":", id++);
      merges += StrCat(merges.empty() ? "" : ",", "\"", a, " ", b, "\"");
    }
  }
  return WithModel(StrCat(R"({"type":"BPE","vocab":)", vocabulary, R"(},"merges":[)", merges, "]}"));
}

struct Sample {
  const char* name;
  std::string json;
};
std::vector<Sample> Samples() {
  return {{"WordPiece", WordPieceJson()},
          {"WordPiece, ids in reverse", WordPieceJson(true)},
          {"Unigram", UnigramJson()},
          {"BPE", BpeJson()}};
}

TEST(Budget, CountsTheTablesAndGivesThemBack) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    MemoryBudget budget;
    {
      const auto tokenizer = Tokenizer::Load(BytesOf(sample.json), &budget);
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
      const size_t text = sample.json.size() / 3;  // at least the size of the vocabulary
      EXPECT_GE(budget.used_bytes(), text);
      // The values of the JSON file take more memory than its text, and are held only while the tables are built.
      EXPECT_GE(budget.peak_bytes(), budget.used_bytes() + sample.json.size());
      EXPECT_EQ((*tokenizer)->Encode("aa").value().ids(),
                Tokenizer::Load(BytesOf(sample.json)).value()->Encode("aa").value().ids());
    }
    EXPECT_EQ(budget.used_bytes(), 0u);
  }
}

TEST(Budget, IsNeverExceededAndRefusesOneByteLess) {
  for (const Sample& sample : Samples()) {
    SCOPED_TRACE(sample.name);
    MemoryBudget unlimited;
    ASSERT_TRUE(Tokenizer::Load(BytesOf(sample.json), &unlimited).ok());
    MemoryBudget enough(unlimited.peak_bytes());
    EXPECT_TRUE(Tokenizer::Load(BytesOf(sample.json), &enough).ok());
    MemoryBudget tight(unlimited.peak_bytes() - 1);
    const Status refused = Tokenizer::Load(BytesOf(sample.json), &tight).status();
    EXPECT_EQ(refused.code(), StatusCode::kResourceExhausted) << refused.ToString();
    EXPECT_NE(refused.message().find("memory limit: needs "), std::string_view::npos) << refused.ToString();
    EXPECT_LE(tight.peak_bytes(), tight.limit_bytes());
    EXPECT_EQ(tight.used_bytes(), 0u);
  }
}

TEST(Budget, OfACompiledImageIsThatOfItsBytes) {
  const std::vector<uint8_t> image = CompileImage(BytesOf(WordPieceJson())).value();
  MemoryBudget budget;
  {
    MemoryReservation memory(&budget);
    ASSERT_TRUE(memory.Grow(image.size()).ok());
    const auto tokenizer = Tokenizer::LoadImage(image, std::move(memory));
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    EXPECT_GE(budget.used_bytes(), image.size());
    EXPECT_LE(budget.used_bytes(), image.size() + (1 << 14));  // and the table of the one added token
  }
  EXPECT_EQ(budget.used_bytes(), 0u);
}

// A cache grows with new words and stops at the budget; the tokens are the same.
TEST(Budget, CoversWhatThreadsRemember) {
  const std::string json = WordPieceJson();
  std::string text;
  for (int i = 1; i < kWords; ++i) text += Word(i) + " ";
  const std::vector<int32_t> expected = LoadTokenizer(json).value()->Encode(text).value().ids();
  MemoryBudget unlimited;
  const auto free = std::move(Tokenizer::Load(BytesOf(json), &unlimited)).value();
  const size_t tables = unlimited.used_bytes();
  EXPECT_EQ(free->Encode(text).value().ids(), expected);
  const size_t remembered = unlimited.used_bytes() - tables;
  EXPECT_GE(remembered, size_t{kWords} * 16);

  // Loading needs more memory than the tables; another user of the budget takes the difference.
  MemoryBudget budget(unlimited.peak_bytes());
  const auto tight = std::move(Tokenizer::Load(BytesOf(json), &budget)).value();
  MemoryReservation other(&budget);
  ASSERT_TRUE(other.Grow(budget.limit_bytes() - budget.used_bytes() - remembered / 2).ok());
  EXPECT_EQ(tight->Encode(text).value().ids(), expected);
  EXPECT_LE(budget.used_bytes(), budget.limit_bytes());
  EXPECT_EQ(tight->Encode(text).value().ids(), expected);
}

}  // namespace
}  // namespace onedge::tokenizer

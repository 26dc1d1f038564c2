// A text cut into chunks, some of them cached, has the same tokens as the whole text: for every stage and every shared
// tokenizer, on random texts of difficult characters. A limit from the right that is never reached keeps a text whole.
#include <gmock/gmock.h>
#include <yyjson.h>

#include <filesystem>
#include <random>

#include "tests/tokenizer/fixtures.h"
#include "tests/tokenizer/lines.h"

namespace onedge::tokenizer {
namespace {

constexpr std::string_view kParts[] = {"a",
                                       "the",
                                       "Word",
                                       "word",
                                       " ",
                                       " ",
                                       " ",
                                       " ",
                                       "  ",
                                       "\n",
                                       "\r\n",
                                       "\t",
                                       ",",
                                       ".",
                                       "'s",
                                       "'",
                                       "don't",
                                       "12",
                                       "3.14",
                                       "-",
                                       "_",
                                       "é",
                                       "Ü",
                                       "\u0301",
                                       "\u00A0",
                                       "\u3000",
                                       "\u200B",
                                       "\u200D",
                                       "\u2581",
                                       "\u00AD",
                                       "中",
                                       "文字",
                                       "ภาษา",
                                       "हिन्दी",
                                       "שָׁ",
                                       "привет",
                                       "😀",
                                       "👩‍👧",
                                       "\x01",
                                       "\x7F",
                                       "\u0600",
                                       "\uFB01",
                                       "\u00A8",
                                       "\u0130",
                                       "``",
                                       "<s>",
                                       "[CLS]",
                                       "[MASK]",
                                       "<|endoftext|>",
                                       "</s>",
                                       "\u1E9B\u0323",
                                       "e\u0301",
                                       "x@y.z",
                                       "lorem",
                                       "ipsum"};

std::string RandomText(std::mt19937& random) {
  std::string text;
  for (int length = static_cast<int>(random() % 24); length > 0; --length) text += kParts[random() % std::size(kParts)];
  return text;
}

// The result parts that must not depend on how a text was read.
std::string Written(const Result<Encoding>& result) {
  if (!result.ok()) return result.status().ToString();
  std::string text;
  for (const EncodedToken& token : result->tokens)
    text += StrCat(token.id, " ", token.offset.begin, "-", token.offset.end, " ", token.word_id, "; ");
  return text;
}

void ExpectChunksAsWhole(const Tokenizer& tokenizer, const std::string& name, int texts) {
  constexpr unsigned kSeed = 20261126;
  std::mt19937 random(kSeed);
  EncodeOptions chunks{.truncation = Truncation::Off(), .padding = Padding::Off()};
  EncodeOptions whole = chunks;
  whole.truncation = Truncation{.max_length = 1 << 20, .direction = Direction::kLeft};
  int wrong = 0;
  for (int i = 0; i < texts && wrong < 5; ++i) {
    const std::string text = RandomText(random);
    chunks.offset_unit = whole.offset_unit = i % 50 < 25 ? OffsetUnit::kCodePoints : OffsetUnit::kBytes;
    const std::string expected = Written(tokenizer.Encode(text, whole));
    const std::string got = Written(tokenizer.Encode(text, chunks));
    if (expected == got) continue;
    ++wrong;
    ADD_FAILURE() << name << ", seed " << kSeed << ", text " << i << ": '" << text << "'\nwhole:  " << expected
                  << "\nchunks: " << got;
  }
}

TEST(Chunks, HaveTheTokensOfTheWholeWithEveryStage) {
  const auto lines = ReadFile("tests/tokenizer/stages.jsonl");
  ASSERT_TRUE(lines) << "run in the root of the repository";
  int tokenizers = 0;
  for (size_t begin = 0; begin < lines->size();) {
    const size_t end = std::min(lines->find('\n', begin), lines->size());
    yyjson_doc* document = yyjson_read(lines->data() + begin, end - begin, 0);
    begin = end + 1;
    yyjson_val* root = yyjson_doc_get_root(document);
    if (yyjson_val* json = yyjson_obj_get(root, "tokenizer")) {
      char* text = yyjson_val_write(json, 0, nullptr);
      const auto tokenizer = LoadTokenizer(text);
      std::free(text);
      ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
      ExpectChunksAsWhole(**tokenizer, std::string(LineText(yyjson_obj_get(root, "name"))), 400);
      ++tokenizers;
    }
    yyjson_doc_free(document);
  }
  EXPECT_GT(tokenizers, 50);
}

TEST(Chunks, HaveTheTokensOfTheWholeWithSharedTokenizers) {
  const std::string folder = SharedFolder() + "/data/tokenizers";
  if (!std::filesystem::exists(folder)) GTEST_SKIP() << "no " << folder;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    const auto json = ReadFile(entry.path().string() + "/tokenizer.json");
    if (!json) continue;
    const auto tokenizer = LoadTokenizer(*json);
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
    ExpectChunksAsWhole(**tokenizer, entry.path().filename().string(), 3000);
  }
}

TEST(Chunks, AreCutAtTheLimitWhereTheWholeTextIs) {
  const auto json = ReadFile(TokenizerPath("bert-base-uncased"));
  if (!json) GTEST_SKIP() << "no shared data";
  const auto tokenizer = LoadTokenizer(*json);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  const std::string text = "unaffable embeddings, unaffable embeddings, unaffable embeddings";
  const auto all = (*tokenizer)->Encode(text, {.truncation = Truncation::Off()});
  for (size_t length = 2; length < all->size(); ++length) {
    for (int repeat = 0; repeat < 2; ++repeat) {  // the second time from the cache
      const auto cut = (*tokenizer)->Encode(text, {.truncation = Truncation{.max_length = length}});
      ASSERT_TRUE(cut.ok()) << cut.status().ToString();
      ASSERT_EQ(cut->size(), length);
      std::vector<int32_t> expected = all->ids();
      expected.resize(length - 1);
      expected.push_back(all->ids().back());
      EXPECT_EQ(cut->ids(), expected);
    }
  }
}

}  // namespace
}  // namespace onedge::tokenizer

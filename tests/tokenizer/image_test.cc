// The compiled image: a broken one is an error and never a crash. stages_test.cc and gold_test.cc compare the answers
// of a good one with its tokenizer.json.
#include "tokenizer/image.h"

#include <gmock/gmock.h>

#include <cstring>
#include <random>

#include "tests/tokenizer/fixtures.h"

namespace onedge::tokenizer {
namespace {

using testing::HasSubstr;

constexpr std::string_view kWordPiece =
    R"({"model":{"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100,)"
    R"("vocab":{"[UNK]":0,"a":1,"##b":2,"ab":3,"é":4}},"pre_tokenizer":{"type":"Whitespace"},"normalizer":null})";
constexpr std::string_view kBpe =
    R"({"model":{"type":"BPE","vocab":{"a":0,"b":1,"ab":2,"abb":3},"merges":["a b","ab b"]}})";
constexpr std::string_view kUnigram =
    R"({"model":{"type":"Unigram","unk_id":0,"vocab":[["<unk>",0],["a",-1.5],["ab",-2],["b",-3]]}})";

std::vector<uint8_t> Compiled(std::string_view json) {
  Result<std::vector<uint8_t>> image = CompileImage(BytesOf(json));
  EXPECT_TRUE(image.ok()) << image.status().ToString();
  return image.ok() ? *image : std::vector<uint8_t>();
}

TEST(Image, AnswersAsItsTokenizerJson) {
  for (const std::string_view json : {kWordPiece, kBpe, kUnigram}) {
    const auto loaded = LoadTokenizer(json), compiled = LoadCompiled(json);
    ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
    EXPECT_EQ((*compiled)->Encode("abb ab a")->ids(), (*loaded)->Encode("abb ab a")->ids());
    EXPECT_EQ((*compiled)->vocabulary_size(), (*loaded)->vocabulary_size());
    EXPECT_EQ((*compiled)->TokenToId("ab"), (*loaded)->TokenToId("ab"));
  }
}

TEST(Image, OfAnotherVersionIsUnsupported) {
  std::vector<uint8_t> image = Compiled(kBpe);
  image[7] = '9';
  const auto loaded = Tokenizer::LoadImage(image);
  EXPECT_EQ(loaded.status().code(), StatusCode::kUnsupported);
  EXPECT_THAT(loaded.status().ToString(), HasSubstr("version '9'"));
}

TEST(Image, CutShortAnywhereIsAnError) {
  for (const std::string_view json : {kWordPiece, kBpe, kUnigram}) {
    const std::vector<uint8_t> image = Compiled(json);
    for (size_t size = 0; size + 8 < image.size(); ++size) {
      const Status status =
          Tokenizer::LoadImage({image.begin(), image.begin() + static_cast<ptrdiff_t>(size)}).status();
      EXPECT_EQ(status.code(), StatusCode::kCorruptFile) << size << " " << status.ToString();
      EXPECT_TRUE(status.message().starts_with("tokenizer.bin: ")) << size << " " << status.ToString();
    }
  }
}

TEST(Image, WithAnyByteChangedIsRefusedOrUsedWithoutHarm) {
  std::mt19937 random(7);
  for (const std::string_view json : {kWordPiece, kBpe, kUnigram}) {
    const std::vector<uint8_t> image = Compiled(json);
    for (int i = 0; i < 4000; ++i) {
      std::vector<uint8_t> changed = image;
      for (int k = 0; k < 1 + i % 3; ++k) changed[random() % changed.size()] = static_cast<uint8_t>(random());
      const auto tokenizer = Tokenizer::LoadImage(changed);
      if (!tokenizer.ok()) continue;
      const auto encoding = (*tokenizer)->Encode("abb é a", {.token_texts = true});
      if (encoding.ok()) (void)(*tokenizer)->Decode(encoding->ids(), true);
    }
  }
}

}  // namespace
}  // namespace onedge::tokenizer

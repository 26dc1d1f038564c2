// Tokenizers in other files than tokenizer.json: how a file is recognised, and wrong files.
// tests/js/tokenizer_formats.test.mjs compares the conversion with Hugging Face's.
#include "tokenizer/formats/formats.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tokenizer/fixtures.h"

namespace onedge::tokenizer {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

// A file of the fuzzer's corpus, without its merges.txt.
struct Sample {
  std::string file, merges;
  explicit Sample(const std::string& name) {
    const auto content = ReadFile("tests/fuzz/tokenizer_formats/" + name);
    EXPECT_TRUE(content) << name;
    constexpr std::string_view kMark = "\n=== merges.txt ===\n";
    file = content.value_or("");
    if (const size_t mark = file.find(kMark); mark != std::string::npos) {
      merges = file.substr(mark + kMark.size());
      file.resize(mark);
    }
  }
};

Result<std::unique_ptr<const Tokenizer>> Load(std::string_view file, std::string_view merges = {},
                                              std::string_view family = {}) {
  return LoadFile(AsBytes(file), {.merges = AsBytes(merges), .family = family});
}

std::vector<int32_t> Ids(const Result<std::unique_ptr<const Tokenizer>>& tokenizer, std::string_view text) {
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  if (!tokenizer.ok()) return {};
  const auto encoding = tokenizer.value()->Encode(text);
  EXPECT_TRUE(encoding.ok()) << encoding.status().ToString();
  return encoding.ok() ? encoding.value().ids() : std::vector<int32_t>();
}

std::vector<int32_t> SampleIds(const std::string& name, std::string_view text) {
  const Sample sample(name);
  return Ids(Load(sample.file, sample.merges), text);
}

std::string Failure(std::string_view file, std::string_view merges = {}) {
  const auto tokenizer = Load(file, merges);
  return tokenizer.ok() ? "" : tokenizer.status().ToString();
}

constexpr const char* kSamples[] = {"bert_vocab.txt", "gpt2_vocab.json", "roberta_vocab.json", "clip_vocab.json",
                                    "unigram.model",  "t5.model",        "llama.model",        "charsmap.model"};

TEST(Formats, AFileIsWhatItsBytesSay) {
  EXPECT_THAT(SampleIds("bert_vocab.txt", "Hello worlds \xC3\xA9!"), ElementsAre(2, 5, 6, 7, 1, 10, 3));
  EXPECT_THAT(SampleIds("gpt2_vocab.json", "hello"), ElementsAre(8));
  EXPECT_THAT(SampleIds("roberta_vocab.json", "ab<mask>"), ElementsAre(0, 6, 7, 2));
  EXPECT_THAT(SampleIds("clip_vocab.json", "AB a"), ElementsAre(5, 4, 2, 6));
  EXPECT_THAT(SampleIds("unigram.model", "ab a<t>"), ElementsAre(7, 6, 9));
  EXPECT_THAT(SampleIds("t5.model", "ab"), ElementsAre(7, 1));
  EXPECT_THAT(SampleIds("llama.model", "ab\x01"), ElementsAre(1, 15, 4));
  EXPECT_THAT(SampleIds("charsmap.model", "Ab"), ElementsAre(4, 5));
}

TEST(Formats, ATokenizerJsonIsLoadedAsItIs) {
  const std::string json = R"({"model":{"type":"WordLevel","vocab":{"a":0,"b":1},"unk_token":"a"}})";
  EXPECT_THAT(Ids(Load(json), "b"), ElementsAre(1));
  EXPECT_EQ(ToTokenizerJson(AsBytes(json), {}).value(), json);
  EXPECT_THAT(Failure(json, "a b"), HasSubstr("merges"));
}

TEST(Formats, VocabTxtKeepsCaseWhenItIsTold) {
  const Sample sample("bert_vocab.txt");
  const auto tokenizer = LoadFile(AsBytes(sample.file), {.merges = {}, .lowercase = false});
  EXPECT_THAT(Ids(tokenizer, "hello Hello \xC3\xA9"), ElementsAre(2, 5, 1, 8, 3));
}

TEST(Formats, AFileThatEndsEarlyIsAnErrorOrASmallerOne) {
  for (const char* name : kSamples) {
    const Sample sample(name);
    for (size_t size = 0; size < sample.file.size(); ++size) {
      // A separate copy, so that a sanitizer sees a read past the end.
      const std::vector<char> part(sample.file.begin(), sample.file.begin() + static_cast<ptrdiff_t>(size));
      const auto tokenizer = Load({part.data(), part.size()}, sample.merges);
      if (tokenizer.ok()) {
        EXPECT_TRUE(tokenizer.value()->Encode("ab").status().code() != StatusCode::kInternal);
      } else {
        const StatusCode code = tokenizer.status().code();
        EXPECT_TRUE(code == StatusCode::kCorruptFile || code == StatusCode::kInvalidArgument ||
                    code == StatusCode::kUnsupported)
            << name << " " << size << ": " << tokenizer.status().ToString();
      }
    }
  }
}

TEST(Formats, AModelThatIsCutInAPieceSaysWhere) {
  const Sample sample("unigram.model");
  EXPECT_THAT(Failure(sample.file.substr(0, 40)), HasSubstr("cut off or malformed at byte 32"));
}

TEST(Formats, AnyByteMayBeAnyOther) {
  for (const char* name : kSamples) {
    const Sample sample(name);
    for (size_t i = 0; i < sample.file.size(); ++i) {
      for (const char other : {'\0', '\x7F', '\xFF'}) {
        std::string changed = sample.file;
        changed[i] = other;
        const auto tokenizer = Load(changed, sample.merges);
        if (tokenizer.ok()) (void)tokenizer.value()->Encode("ab hello").ok();
      }
    }
  }
}

TEST(Formats, LengthsAndNumbersBeyondTheFileAreErrors) {
  const std::string begin = "\n\x07\n\x05<unk>";
  for (const std::string_view rest :
       {"\x12\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", "\x12\xFF\xFF\xFF\xFF\x0F", "\x10", "\x0D\x01", "\x13", "\x14",
        "\x16", "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"}) {
    EXPECT_THAT(Failure(begin + std::string(rest)), HasSubstr("sentencepiece model")) << rest;
  }
}

TEST(Formats, BosAndEosIdsOutOfRangeAreNoSpecialTokens) {
  // llama.model with bos_id 2^31 - 1, then -1.
  Sample sample("llama.model");
  for (const std::string_view id :
       {std::string_view("\xFF\xFF\xFF\xFF\x07"), std::string_view("\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01")}) {
    std::string trainer = "\x12\x0C\xC8\x02";  // field 2, its length, then field 41
    trainer[1] = static_cast<char>(2 + id.size());
    EXPECT_THAT(Ids(Load(sample.file + trainer + std::string(id)), "ab"), ElementsAre(15)) << id.size();
  }
}

TEST(Formats, LongPiecesDoNotTakeQuadraticTime) {
  std::string model = "\n\x09\n\x05<unk>\x18\x02";
  const size_t unknown = model.size();
  const auto append_piece = [&model](size_t length) {
    std::string piece(length, 'a');
    std::string head = "\n", body = "\n";
    const auto varint = [](std::string& out, size_t value) {
      for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
      out.push_back(static_cast<char>(value));
    };
    varint(body, length);
    body += piece;
    varint(head, body.size());
    model += head + body;
  };
  for (size_t length = 1; length <= 200; ++length) append_piece(length);
  const std::string bpe = "\x12\x02\x18\x02";  // trainer_spec, model_type BPE
  EXPECT_THAT(Failure(model + bpe), HasSubstr("merges for each of its pieces"));
  model.resize(unknown);
  append_piece(1 << 20);
  EXPECT_THAT(Failure(model + bpe), HasSubstr("at most 512 bytes"));
}

TEST(Formats, DeepJsonIsNoVocabulary) {
  const std::string deep = R"({"a":0,"b":)" + std::string(1'000'000, '[') + std::string(1'000'000, ']') + "}";
  EXPECT_THAT(Failure(deep, "a b\n"), HasSubstr("expected a whole number"));
}

}  // namespace
}  // namespace onedge::tokenizer

// Properties and mappings of every code point against Hugging Face tokenizers 0.23.2 (unicode.json, made by
// record_unicode.mjs), and UTF-8 against the WHATWG decoder's rules.
#include <gtest/gtest.h>
#include <yyjson.h>

#include "tests/tokenizer/fixtures.h"
#include "text/unicode/normalization.h"
#include "text/unicode/properties.h"
#include "text/unicode/utf8.h"

namespace onedge::unicode {
namespace {

class Recorded : public testing::Test {
 protected:
  void SetUp() override {
    const auto json = tokenizer::ReadFile("tests/tokenizer/unicode.json");
    ASSERT_TRUE(json) << "run in the root of the repository";
    document_ = yyjson_read(json->data(), json->size(), 0);
    ASSERT_TRUE(document_);
  }
  void TearDown() override { yyjson_doc_free(document_); }

  void ExpectProperty(const char* name, bool (*holds)(char32_t)) {
    yyjson_val* ranges = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(document_), "properties"), name);
    ASSERT_GT(yyjson_arr_size(ranges), 0u) << name;
    std::vector<bool> expected(0x110000);
    size_t i, count;
    yyjson_val* range;
    yyjson_arr_foreach(ranges, i, count, range) {
      for (uint64_t c = yyjson_get_uint(yyjson_arr_get(range, 0)); c <= yyjson_get_uint(yyjson_arr_get(range, 1)); ++c)
        expected[c] = true;
    }
    int shown = 0;
    for (char32_t c = 1; c < 0x110000 && shown < 10; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      if (holds(c) != expected[c]) {
        ++shown;
        ADD_FAILURE() << name << " of U+" << std::hex << static_cast<uint32_t>(c) << ": expected " << expected[c];
      }
    }
  }

  template <typename Map>
  void ExpectMapping(const char* name, const Map& map) {
    yyjson_val* expected = yyjson_obj_get(yyjson_obj_get(yyjson_doc_get_root(document_), "mappings"), name);
    uint32_t hash = 0x811C9DC5;
    for (char32_t c = 1; c < 0x110000; ++c) {
      if (c >= 0xD800 && c < 0xE000) continue;
      for (const char byte : map(c) + "\n") hash = (hash ^ static_cast<uint8_t>(byte)) * 0x01000193;
    }
    EXPECT_EQ(hash, yyjson_get_uint(expected)) << name;
  }

 private:
  yyjson_doc* document_ = nullptr;
};

TEST_F(Recorded, PropertiesOfEveryCodePoint) {
  ExpectProperty("control", [](char32_t c) { return (Flags(c) & kControl) != 0; });
  ExpectProperty("whitespace", IsWhitespace);
  ExpectProperty("punctuation", IsPunctuation);
  ExpectProperty("nonspacing_mark", [](char32_t c) {
    std::vector<ChangedChar> parts;
    Decompose(c, parts);
    return parts.size() == 1 && parts[0].c == c && (Flags(c) & kNonspacingMark);
  });
  ExpectProperty("mark", [](char32_t c) { return (Flags(c) & kMark) != 0; });
  ExpectProperty("word", [](char32_t c) { return (Flags(c) & kWord) != 0; });
  ExpectProperty("numeric", [](char32_t c) { return (Flags(c) & kNumeric) != 0; });
  ExpectProperty("letter", [](char32_t c) { return (Flags(c) & kLetter) != 0; });
  ExpectProperty("number", [](char32_t c) { return (Flags(c) & kNumber) != 0; });
}

TEST_F(Recorded, MappingsOfEveryCodePoint) {
  ExpectMapping("lowercase", [](char32_t c) {
    std::string out;
    Append(out, Lowercase(c));
    if (c == kDottedCapitalI) Append(out, kCombiningDotAbove);
    return out;
  });
  const auto normalized = [](Form form) {
    return [form](char32_t c) {
      std::string text, out;
      Append(text, c);
      std::vector<ChangedChar> chars;
      Normalize(text, form, chars);
      for (const ChangedChar& changed : chars) Append(out, changed.c);
      return out;
    };
  };
  ExpectMapping("nfc", normalized(Form::kNfc));
  ExpectMapping("nfd", normalized(Form::kNfd));
  ExpectMapping("nfkc", normalized(Form::kNfkc));
  ExpectMapping("nfkd", normalized(Form::kNfkd));
}

std::string Repaired(std::string_view text) {
  std::vector<uint32_t> source;
  std::string out = Repair(text, source);
  EXPECT_EQ(source.size(), out.size() + 1);
  return out;
}

// The expected values are those of `new TextDecoder().decode(bytes)`.
TEST(Utf8, EachMaximalIllFormedSubpartBecomesOneReplacementCharacter) {
  const std::string r = "\xEF\xBF\xBD";
  EXPECT_EQ(Repaired("\x80"), r);
  EXPECT_EQ(Repaired("\xC0\xAF"), r + r);
  EXPECT_EQ(Repaired("\xE2\x82"), r);
  EXPECT_EQ(Repaired("\xE2\x82"
                     "A"),
            r + "A");
  EXPECT_EQ(Repaired("\xE0\x80\x80"), r + r + r);
  EXPECT_EQ(Repaired("\xED\xA0\x80"), r + r + r);
  EXPECT_EQ(Repaired("\xF0\x9F\x98"), r);
  EXPECT_EQ(Repaired("\xF0\x9F\xE2\x82\xAC"), r + "\xE2\x82\xAC");
  EXPECT_EQ(Repaired("\xF4\x90\x80\x80"), r + r + r + r);
  EXPECT_EQ(Repaired("\xF8\x88\x80\x80\x80"), r + r + r + r + r);
  EXPECT_EQ(Repaired("a\xFF"
                     "b\xF0\x9F\x98\x80"),
            "a" + r + "b\xF0\x9F\x98\x80");
}

TEST(Utf8, WellFormednessAgreesWithTheDecoderOnAllShortSequences) {
  for (uint32_t bits = 0; bits < 1u << 24; bits += 37) {  // 37 is coprime to 256: every byte meets every other
    const char bytes[3] = {static_cast<char>(bits), static_cast<char>(bits >> 8), static_cast<char>(bits >> 16)};
    const std::string_view text(bytes, 3);
    EXPECT_EQ(IsWellFormed(text), Repaired(text) == text) << bits;
  }
}

}  // namespace
}  // namespace onedge::unicode

// The regular expressions: handwritten matchers against the engine, and properties beyond Hugging Face's answers
// (stages.jsonl): every match ends, and a wrong pattern gets a clear error.
#include "text/regex/regex.h"

#include <gtest/gtest.h>

#include <random>

#include "text/unicode/utf8.h"
#include "tokenizer/known_patterns.h"

namespace onedge::regex {
namespace {

using tokenizer::KnownPattern;

using Spans = std::vector<std::pair<uint32_t, uint32_t>>;

Spans MatchesOf(const Regex& regex, std::string_view text) {
  Spans spans;
  Regex::Matches matches(regex, text);
  for (uint32_t begin = 0, end = 0; matches.Next(begin, end);) spans.emplace_back(begin, end);
  EXPECT_TRUE(matches.status().ok()) << matches.status().ToString();
  return spans;
}

Spans MatchesOf(const KnownPattern& pattern, std::string_view text) {
  Spans spans;
  for (uint32_t at = 0; at < text.size();) {
    const uint32_t end = pattern.End(text, at);
    if (end > at) spans.emplace_back(at, end);
    at = end > at ? end : at + unicode::SequenceLength(text[at]);
  }
  return spans;
}

constexpr std::string_view kKnown[] = {
    R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"((?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"([!"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+)",
    R"(<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+)",
};

TEST(KnownPattern, MatchesAsTheEngineDoes) {
  constexpr std::string_view kParts[] = {"a",
                                         "S",
                                         "re",
                                         "LL",
                                         "'",
                                         "'s",
                                         "'\xC5\xBF",
                                         " ",
                                         "  ",
                                         "\n",
                                         "\r",
                                         "\t",
                                         "1",
                                         "23",
                                         ".",
                                         "/",
                                         "<|endoftext|>",
                                         "\xCC\x81",
                                         "\xC7\x85",
                                         "\xCA\xB0",
                                         "\xE4\xB8\xAD",
                                         "\xC2\xA0",
                                         "\xC2\xB2",
                                         "\xD9\xA3",
                                         "\xE2\x82\xAC",
                                         "\xE2\x80\x94",
                                         "\xF0\x9F\x98\x80",
                                         "\xE0\xA4\x83",
                                         "\xC3\x89",
                                         "\xC3\xA9",
                                         "_"};
  std::mt19937 random(1);
  for (const std::string_view source : kKnown) {
    const auto known = KnownPattern::Find(source);
    ASSERT_TRUE(known) << source;
    const auto regex = Regex::Compile(source);
    ASSERT_TRUE(regex.ok()) << regex.status().ToString();
    for (int i = 0; i < 5000; ++i) {
      std::string text;
      for (size_t n = random() % 12; n > 0; --n) text += kParts[random() % std::size(kParts)];
      ASSERT_EQ(MatchesOf(*known, text), MatchesOf(*regex, text)) << source << "\non '" << text << "', case " << i;
    }
  }
}

TEST(Regex, NestedRepetitionsDoNotTakeExponentialTime) {
  const std::string text(2000, 'a');
  for (const std::string_view pattern : {"(a+)+b", "(a|a)*b", "(a*)*b", "(?:a?){50}b", "(.*)*\\d"}) {
    const auto regex = Regex::Compile(pattern);
    ASSERT_TRUE(regex.ok()) << regex.status().ToString();
    Regex::Matches matches(*regex, text);
    uint32_t begin, end;
    EXPECT_FALSE(matches.Next(begin, end)) << pattern;
    EXPECT_TRUE(matches.status().ok()) << pattern << ": " << matches.status().ToString();
  }
}

TEST(Regex, APatternThatWouldTakeForeverIsAnError) {
  const auto regex = Regex::Compile("(a*)*(a*)*(a*)*\\1b");
  ASSERT_TRUE(regex.ok()) << regex.status().ToString();
  const std::string text(500, 'a');
  Regex::Matches matches(*regex, text);
  uint32_t begin, end;
  EXPECT_FALSE(matches.Next(begin, end));
  EXPECT_EQ(matches.status().code(), StatusCode::kResourceExhausted);
}

struct Wrong {
  std::string pattern;
  StatusCode code;
  std::string_view says;
};

TEST(Regex, AWrongPatternIsAnErrorThatSaysWhatAndWhere) {
  const Wrong cases[] = {
      {"(a", StatusCode::kInvalidArgument, "without its ')'"},
      {"a)", StatusCode::kInvalidArgument, "unmatched"},
      {"[a", StatusCode::kInvalidArgument, "class without"},
      {"[]", StatusCode::kInvalidArgument, "empty class"},
      {"[z-a]", StatusCode::kInvalidArgument, "range"},
      {"[a-\\d]", StatusCode::kInvalidArgument, "range"},
      {"[[:foo:]]", StatusCode::kInvalidArgument, "foo"},
      {"*a", StatusCode::kInvalidArgument, "repetition of nothing"},
      {"^*", StatusCode::kInvalidArgument, "takes no text"},
      {"a\\", StatusCode::kInvalidArgument, "backslash"},
      {"\\1", StatusCode::kInvalidArgument, "group"},
      {"(?s).", StatusCode::kInvalidArgument, "option"},
      {"\\x{110000}", StatusCode::kInvalidArgument, "code point"},
      {"a{100001}", StatusCode::kInvalidArgument, "100000"},
      {"\\p{Klingon}", StatusCode::kUnsupported, "Klingon"},
      {"(?~a)", StatusCode::kUnsupported, "absent"},
      {"\\g<0>", StatusCode::kUnsupported, "calls"},
      {"\\X", StatusCode::kUnsupported, "segments"},
      {"(?:(?:a{1000}){1000}){1000}", StatusCode::kUnsupported, "too many"},
      {std::string(100000, '('), StatusCode::kInvalidArgument, "bytes"},
      {std::string(1000, '('), StatusCode::kInvalidArgument, "deep"},
      {std::string(1000, '['), StatusCode::kInvalidArgument, "deep"},
  };
  for (const Wrong& wrong : cases) {
    const Status status = Regex::Compile(wrong.pattern).status();
    EXPECT_EQ(status.code(), wrong.code) << wrong.pattern.substr(0, 60) << "\n" << status.ToString();
    EXPECT_NE(status.message().find(wrong.says), std::string::npos) << status.ToString();
  }
}

}  // namespace
}  // namespace onedge::regex

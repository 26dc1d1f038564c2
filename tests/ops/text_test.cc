// The string operators.
#include "op_tester.h"

namespace onedge::ops {
namespace {

bool Matches(const char* pattern, const std::string& text) {
  const Value y = OpTester("RegexFullMatch", 20).Attr("pattern", pattern).In(MakeStrings({1}, {text})).RunOne();
  return y.tensor().bytes()[0] != 0;
}
std::string RegexError(const char* pattern) {
  return OpTester("RegexFullMatch", 20).Attr("pattern", pattern).In(MakeStrings({1}, {""})).Error();
}

TEST(RegexFullMatch, TheExamplesOfTheSpecification) {
  ExpectTensor<bool>(OpTester("RegexFullMatch", 20)
                         .Attr("pattern", "www\\.[\\w.-]+\\.\\bcom\\b")
                         .In(MakeStrings({3}, {"www.google.com", "www.facebook.com", "www.bbc.co.uk"}))
                         .RunOne(),
                     {3}, {true, true, false});
  const char* mail = "(\\W|^)[\\w.\\-]{0,25}@(yahoo|gmail)\\.com(\\W|$)";
  EXPECT_TRUE(Matches(mail, "account@gmail.com"));
  EXPECT_FALSE(Matches(mail, "not email"));
}

TEST(RegexFullMatch, RepeatsChoicesAndClasses) {
  EXPECT_TRUE(Matches("a*b+c?", "aabb"));
  EXPECT_FALSE(Matches("a*b+c?", "aac"));
  EXPECT_TRUE(Matches("(ab|cd){2,3}", "abcdab"));
  EXPECT_FALSE(Matches("(ab|cd){2,3}", "ab"));
  EXPECT_FALSE(Matches("(ab|cd){2,3}", "abababab"));
  EXPECT_TRUE(Matches("x{2,}", "xxxx"));
  EXPECT_TRUE(Matches("a{,2}", "a{,2}"));
  EXPECT_TRUE(Matches("[^a-c\\d]+", "xyz"));
  EXPECT_FALSE(Matches("[^a-c\\d]+", "xy1"));
  EXPECT_TRUE(Matches("[]a-]+", "]a-"));
  EXPECT_TRUE(Matches("[[:alpha:]]+[[:^digit:]]", "ab!"));
  EXPECT_TRUE(Matches("", ""));
  EXPECT_FALSE(Matches("", "a"));
  EXPECT_TRUE(Matches("a|", ""));
  EXPECT_TRUE(Matches("(a*)*", "aaa"));
}

TEST(RegexFullMatch, CodePointsFlagsAndAssertions) {
  EXPECT_TRUE(Matches("..", "\xc3\xa9\xe2\x82\xac"));  // two code points of two and three bytes
  EXPECT_TRUE(Matches("[\xc3\xa0-\xc3\xbf]", "\xc3\xa9"));
  EXPECT_FALSE(Matches(".", "\n"));
  EXPECT_TRUE(Matches("(?s).", "\n"));
  EXPECT_TRUE(Matches("(?i)straSSe[a-c]", "STRASSEB"));
  EXPECT_TRUE(Matches("(?i:a)b", "Ab"));
  EXPECT_FALSE(Matches("(?i:a)b", "AB"));
  EXPECT_TRUE(Matches("\\bone\\b \\Btwo", "one two") == false);
  EXPECT_TRUE(Matches("\\x41\\x{1F600}", "A\xf0\x9f\x98\x80"));
  EXPECT_TRUE(Matches("^a$", "a"));
  EXPECT_FALSE(Matches("a^b", "ab"));
  EXPECT_TRUE(Matches("(?i)[\xc3\xa0-\xc3\xbd]", "\xc3\x89"));  // also of a range of letters
  EXPECT_TRUE(Matches("a\xef\xbf\xbd.", "a\xff\xfe"));          // bytes that are not UTF-8: one U+FFFD each
}

TEST(RegexFullMatch, TakesLinearTimeWhereBacktrackingWouldNot) {
  EXPECT_FALSE(Matches("(a*)*(a*)*(a*)*b", std::string(5000, 'a')));
}

TEST(RegexFullMatch, RefusesMalformedPatterns) {
  const std::pair<std::string, const char*> cases[] = {
      {"(", " has an unfinished group near byte 1"},
      {")", " has an unmatched ) near byte 0"},
      {"[a", " has an unfinished [ near byte 2"},
      {"a**", " has a repeat of a repeat near byte 3"},
      {"*", " has a repeat of nothing near byte 0"},
      {"\\", " has a lone backslash near byte 1"},
      {"a{2,1}", " has a repeat out of range near byte 6"},
      {"a{1001}", " has a repeat out of range near byte 7"},
      {"[z-a]", " has a range that runs backwards near byte 4"},
      {"(?<n", " has an unfinished group name near byte 3"},
      {"(?x)", " has an unknown flag near byte 2"},
      {"\\p{L}", ": this escape near byte 2"},
      {std::string(5000, '('), ": groups nested too deeply near byte 201"},
  };
  for (const auto& [pattern, what] : cases) {
    EXPECT_EQ(RegexError(pattern.c_str()), StrCat("node 'tested' (RegexFullMatch): the pattern '", pattern, "'", what));
  }
  EXPECT_EQ(RegexError("((((a{1000}){1000}){1000}){1000})"),
            "node 'tested' (RegexFullMatch): a regular expression of more than 100000 steps");
}

TEST(StringNormalizer, DropsStopWordsAndChangesCase) {
  const Tensor days = MakeStrings({4}, {"monday", "tuesday", "wednesday", "thursday"});
  ExpectStrings(OpTester("StringNormalizer")
                    .DataDependent()
                    .Attr("case_change_action", "UPPER")
                    .Attr("is_case_sensitive", 1)
                    .Strings("stopwords", {"monday"})
                    .In(days)
                    .RunOne(),
                {3}, {"TUESDAY", "WEDNESDAY", "THURSDAY"});
  ExpectStrings(OpTester("StringNormalizer")
                    .DataDependent()
                    .Strings("stopwords", {"MONDAY"})

                    .In(MakeStrings({1, 2}, {"Monday", "x"}))
                    .RunOne(),
                {1, 1}, {"x"});
  ExpectStrings(OpTester("StringNormalizer")
                    .DataDependent()
                    .Strings("stopwords", {"a"})

                    .In(MakeStrings({1}, {"a"}))
                    .RunOne(),
                {1}, {""});
  ExpectStrings(OpTester("StringNormalizer")
                    .DataDependent()
                    .Attr("case_change_action", "LOWER")
                    .In(MakeStrings({1}, {"\xc3\x89T\xc3\x89 \xd0\x96"}))
                    .RunOne(),
                {1}, {"\xc3\xa9t\xc3\xa9 \xd0\xb6"});
}

TEST(StringConcat, Broadcasts) {
  ExpectStrings(
      OpTester("StringConcat", 20).In(MakeStrings({2, 1}, {"a", "b"})).In(MakeStrings({2}, {"x", "y"})).RunOne(),
      {2, 2}, {"ax", "ay", "bx", "by"});
  ExpectStrings(OpTester("StringConcat", 20).In(MakeStrings({}, {"a"})).In(MakeStrings({}, {"b"})).RunOne(), {},
                {"ab"});
}

TEST(StringSplit, AtDelimitersOrWhiteSpace) {
  auto y = OpTester("StringSplit", 20)
               .Attr("delimiter", ".")
               .Attr("maxsplit", 1)
               .In(MakeStrings({2}, {"a.b.c", "d"}))
               .Outputs(2)
               .DataDependent()
               .Run();
  ExpectStrings(y[0], {2, 2}, {"a", "b.c", "d", ""});
  ExpectTensor<int64_t>(y[1], {2}, {2, 1});
  y = OpTester("StringSplit", 20).In(MakeStrings({2}, {"  hello   world ", ""})).Outputs(2).DataDependent().Run();
  ExpectStrings(y[0], {2, 2}, {"hello", "world", "", ""});
  ExpectTensor<int64_t>(y[1], {2}, {2, 0});
}

TEST(TfIdfVectorizer, CountsBigramsWithSkips) {
  const auto run = [](int64_t skip, int64_t least) {
    return OpTester("TfIdfVectorizer", 9)
        .Attr("mode", "TF")
        .Attr("min_gram_length", least)
        .Attr("max_gram_length", 2)
        .Attr("max_skip_count", skip)
        .Ints("ngram_counts", {0, 4})
        .Ints("ngram_indexes", {0, 1, 2, 3, 4, 5, 6})
        .Ints("pool_int64s", {2, 3, 5, 4, 5, 6, 7, 8, 6, 7})
        .In<int32_t>({12}, {1, 1, 3, 3, 3, 7, 8, 6, 7, 5, 6, 8})
        .RunOne();
  };
  ExpectTensor<float>(run(0, 2), {7}, {0, 0, 0, 0, 1, 1, 1});
  ExpectTensor<float>(run(5, 2), {7}, {0, 0, 0, 0, 1, 3, 1});
  ExpectTensor<float>(run(5, 1), {7}, {0, 3, 1, 0, 1, 3, 1});
}

TEST(TfIdfVectorizer, WeighsStrings) {
  ExpectTensor<float>(OpTester("TfIdfVectorizer", 9)
                          .Attr("mode", "TFIDF")
                          .Attr("min_gram_length", 1)
                          .Attr("max_gram_length", 1)
                          .Attr("max_skip_count", 0)
                          .Ints("ngram_counts", {0})
                          .Ints("ngram_indexes", {1, 0})
                          .Strings("pool_strings", {"a", "b"})
                          .Floats("weights", {2.0f, 0.5f})
                          .In(MakeStrings({1, 4}, {"a", "b", "a", "z"}))
                          .RunOne(),
                      {1, 2}, {0.5f, 4.0f});
}

TEST(TfIdfVectorizer, RefusesAPoolThatItsCountsDoNotCut) {
  const auto error = [](std::vector<int64_t> counts) {
    return OpTester("TfIdfVectorizer", 9)
        .Attr("mode", "TF")
        .Attr("min_gram_length", 1)
        .Attr("max_gram_length", 2)
        .Attr("max_skip_count", 0)
        .Ints("ngram_counts", counts)
        .Ints("ngram_indexes", {0, 1})
        .Ints("pool_int64s", {1, 2, 3})
        .In<int32_t>({1}, {1})
        .Error();
  };
  EXPECT_EQ(error({0, 1}), "");
  EXPECT_EQ(error({0, 2}),
            "node 'tested' (TfIdfVectorizer): attribute 'ngram_counts' does not cut the pool of 3 into 2-grams");
  EXPECT_EQ(error({0, 9}),
            "node 'tested' (TfIdfVectorizer): attribute 'ngram_counts' does not cut the pool of 3 into 1-grams");
  EXPECT_EQ(error({-1, 1}),
            "node 'tested' (TfIdfVectorizer): attribute 'ngram_counts' does not cut the pool of 3 into 1-grams");
}

TEST(LabelEncoder, MapsBetweenDtypesWithADefault) {
  ExpectTensor<int64_t>(OpTester("LabelEncoder", 2, "ai.onnx.ml")
                            .Strings("keys_strings", {"a", "b"})
                            .Ints("values_int64s", {7, 8})
                            .Attr("default_int64", 42)
                            .In(MakeStrings({3}, {"b", "c", "a"}))
                            .RunOne(),
                        {3}, {8, 42, 7});
  ExpectStrings(OpTester("LabelEncoder", 4, "ai.onnx.ml")
                    .Floats("keys_floats", {1, NAN})
                    .Strings("values_strings", {"one", "nan"})
                    .In<float>({3}, {NAN, 1, 2})
                    .RunOne(),
                {3}, {"nan", "one", "_Unused"});
  EXPECT_EQ(OpTester("LabelEncoder", 2, "ai.onnx.ml")
                .Ints("keys_int64s", {1})
                .Ints("values_int64s", {1, 2})
                .In<int64_t>({1}, {1})
                .Error(),
            "node 'tested' (LabelEncoder): 1 keys, but 2 values");
}

}  // namespace
}  // namespace onedge::ops

// The recorded outputs of Hugging Face tokenizers 0.23.2, field by field. $ONEDGE_GOLD_DIR names the folder that
// scripts/extract_fixtures made; $ONEDGE_GOLD_SHOW how many differences to print for each tokenizer (default 3).
#include <gtest/gtest.h>
#include <yyjson.h>

#include <vector>

#include "tests/tokenizer/fixtures.h"

namespace onedge::tokenizer {
namespace {

template <typename T>
std::vector<T> Integers(yyjson_val* array) {
  std::vector<T> values;
  size_t i, count;
  yyjson_val* value;
  yyjson_arr_foreach(array, i, count, value) values.push_back(static_cast<T>(yyjson_get_int(value)));
  return values;
}

std::string_view Text(yyjson_val* value) { return {yyjson_get_str(value), yyjson_get_len(value)}; }

// The first field in which `encoding` differs from the recorded one, or empty.
std::string Difference(const Encoding& encoding, yyjson_val* gold) {
  if (encoding.ids() != Integers<int32_t>(yyjson_obj_get(gold, "ids"))) return "ids";
  yyjson_val* recorded_types =
      yyjson_obj_get(gold, "type_ids");  // for overflowing windows only ids and offsets were recorded
  if (recorded_types && Field(encoding, &EncodedToken::type_id) != Integers<int32_t>(recorded_types)) return "type_ids";
  if (recorded_types &&
      Field(encoding, &EncodedToken::attention_mask) != Integers<uint8_t>(yyjson_obj_get(gold, "mask")))
    return "mask";
  if (recorded_types &&
      Field(encoding, &EncodedToken::special_tokens_mask) != Integers<uint8_t>(yyjson_obj_get(gold, "special")))
    return "special";
  std::vector<Offset> offsets;
  size_t i, count;
  yyjson_val* value;
  yyjson_arr_foreach(yyjson_obj_get(gold, "offsets"), i, count, value) {
    offsets.push_back({static_cast<uint32_t>(yyjson_get_uint(yyjson_arr_get(value, 0))),
                       static_cast<uint32_t>(yyjson_get_uint(yyjson_arr_get(value, 1)))});
  }
  if (Field(encoding, &EncodedToken::offset) != offsets) return "offsets";
  std::vector<std::string> tokens;
  yyjson_arr_foreach(yyjson_obj_get(gold, "tokens"), i, count, value) tokens.emplace_back(Text(value));
  if (recorded_types && encoding.token_texts != tokens) return "tokens";
  if (!recorded_types) return {};
  yyjson_val* overflow = yyjson_obj_get(gold, "overflow");
  if (encoding.overflowing.size() != yyjson_arr_size(overflow)) return "number of overflowing windows";
  yyjson_arr_foreach(overflow, i, count, value) {
    if (std::string field = Difference(encoding.overflowing[i], value); !field.empty())
      return StrCat("overflow ", i, " ", field);
  }
  return {};
}

EncodeOptions OptionsOf(yyjson_val* opt, const Padding& padding) {
  EncodeOptions options{.truncation = Truncation::Off(), .padding = Padding::Off(), .token_texts = true};
  if (!opt) return options;
  options.truncation = Truncation{.max_length = static_cast<size_t>(yyjson_get_uint(yyjson_obj_get(opt, "max_length"))),
                                  .stride = static_cast<size_t>(yyjson_get_uint(yyjson_obj_get(opt, "stride")))};
  const std::string_view strategy = Text(yyjson_obj_get(opt, "strategy"));
  if (strategy == "OnlyFirst") options.truncation->strategy = TruncationStrategy::kOnlyFirst;
  if (strategy == "OnlySecond") options.truncation->strategy = TruncationStrategy::kOnlySecond;
  if (yyjson_obj_get(opt, "pad")) {
    options.padding = padding;
    options.padding->strategy = PaddingStrategy::kFixed;
    options.padding->length = options.truncation->max_length;
  }
  return options;
}

struct GoldFile {
  std::string tokenizer;
  std::string recorded_with;  // the tokenizer that the recorded outputs come from
};

void PrintTo(const GoldFile& file, std::ostream* out) { *out << file.tokenizer; }

class Gold : public testing::TestWithParam<GoldFile> {};

TEST_P(Gold, EveryFieldIsAsHuggingFaceRecordedIt) {
  const char* folder = std::getenv("ONEDGE_GOLD_DIR");
  if (!folder) GTEST_SKIP() << "ONEDGE_GOLD_DIR is not set; scripts/extract_fixtures says what to set it to";
  const auto json = ReadFile(TokenizerPath(GetParam().tokenizer));
  const auto lines = ReadFile(StrCat(folder, "/", GetParam().recorded_with, ".dev.jsonl"));
  if (!json || !lines) GTEST_SKIP() << "no shared data for " << GetParam().tokenizer;
  // Half of the cases go through the compiled image.
  const auto loaded = LoadTokenizer(*json), compiled = LoadCompiled(*json);
  ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
  ASSERT_TRUE(compiled.ok()) << compiled.status().ToString();
  const char* show = std::getenv("ONEDGE_GOLD_SHOW");
  int to_show = show ? std::atoi(show) : 3;
  Padding padding;  // with the tokenizer's own padding token
  if (!(*loaded)->TokenToId(padding.pad_token)) padding.pad_token = "<pad>";
  padding.pad_id = (*loaded)->TokenToId(padding.pad_token).value_or(0);

  size_t cases = 0, wrong = 0;
  for (size_t begin = 0; begin < lines->size();) {
    const size_t end = std::min(lines->find('\n', begin), lines->size());
    yyjson_doc* document = yyjson_read(lines->data() + begin, end - begin, 0);
    begin = end + 1;
    ASSERT_TRUE(document);
    yyjson_val* gold = yyjson_doc_get_root(document);
    std::optional<std::string_view> pair;
    if (yyjson_val* value = yyjson_obj_get(gold, "pair")) pair = Text(value);
    const std::string_view text = Text(yyjson_obj_get(gold, "text"));
    const auto encoding =
        (cases % 2 == 0 ? *loaded : *compiled)->Encode(text, pair, OptionsOf(yyjson_obj_get(gold, "opt"), padding));
    std::string difference;
    if (yyjson_obj_get(gold, "error"))
      difference = encoding.ok() ? "an error was expected" : "";
    else
      difference = encoding.ok() ? Difference(*encoding, gold) : encoding.status().ToString();
    ++cases;
    if (!difference.empty()) {
      ++wrong;
      if (to_show-- > 0)
        ADD_FAILURE() << "differs in " << difference << " for: " << text << (pair ? "\npair: " : "")
                      << pair.value_or("");
    }
    yyjson_doc_free(document);
  }
  EXPECT_GT(cases, 0u);
  EXPECT_EQ(wrong, 0u) << "of " << cases << " cases";
}

// all-MiniLM-L6-v2 has the vocabulary and the stages of bert-base-uncased, so it has the same outputs.
INSTANTIATE_TEST_SUITE_P(Tokenizers, Gold,
                         testing::Values(GoldFile{"bert-base-uncased", "bert-base-uncased"},
                                         GoldFile{"bert-base-cased", "bert-base-cased"},
                                         GoldFile{"bert-base-chinese", "bert-base-chinese"},
                                         GoldFile{"all-MiniLM-L6-v2", "bert-base-uncased"}, GoldFile{"gpt2", "gpt2"},
                                         GoldFile{"roberta-base", "roberta-base"}, GoldFile{"t5-small", "t5-small"}),
                         [](const auto& info) {
                           std::string name = info.param.tokenizer;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace onedge::tokenizer

// Every stage against the answers of Hugging Face tokenizers 0.23.2 (stages.jsonl, made by record_stages.mjs): all
// fields of each encoding and window, and decoded texts.
#include <gtest/gtest.h>

#include "tests/tokenizer/fixtures.h"
#include "tests/tokenizer/lines.h"

namespace onedge::tokenizer {
namespace {

std::string Written(yyjson_val* value) {
  size_t length = 0;
  char* text = yyjson_val_write(value, YYJSON_WRITE_NOFLAG, &length);
  std::string out(text ? text : "", length);
  std::free(text);
  return out;
}

TEST(Stages, AnswerAsHuggingFaceDid) {
  const auto lines = ReadFile("tests/tokenizer/stages.jsonl");
  ASSERT_TRUE(lines) << "run in the root of the repository";
  std::vector<std::unique_ptr<const Tokenizer>> tokenizers;  // loaded directly, and through the compiled image
  std::string name;
  size_t cases = 0, wrong = 0;
  for (size_t begin = 0; begin < lines->size();) {
    const size_t end = std::min(lines->find('\n', begin), lines->size());
    yyjson_doc* document = yyjson_read(lines->data() + begin, end - begin, 0);
    ASSERT_TRUE(document) << "at byte " << begin;
    begin = end + 1;
    yyjson_val* root = yyjson_doc_get_root(document);
    if (yyjson_val* json = yyjson_obj_get(root, "tokenizer")) {
      name = LineText(yyjson_obj_get(root, "name"));
      tokenizers.clear();
      for (const auto load : {LoadTokenizer, LoadCompiled}) {
        auto loaded = load(Written(json));
        EXPECT_TRUE(loaded.ok()) << name << ": " << loaded.status().ToString();
        if (loaded.ok()) tokenizers.push_back(std::move(loaded).value());
      }
    }
    for (const auto& tokenizer : tokenizers) {
      if (!yyjson_obj_get(root, "request")) break;
      ++cases;
      const std::string answer = AnswerLine(*tokenizer, yyjson_obj_get(root, "request"));
      yyjson_doc* ours = yyjson_read(answer.data(), answer.size(), 0);
      yyjson_val* expected = yyjson_obj_get(root, "answer");
      // Both must fail; the messages differ.
      const bool same = yyjson_obj_get(expected, "error")
                            ? yyjson_obj_get(yyjson_doc_get_root(ours), "error") != nullptr
                            : yyjson_equals(expected, yyjson_doc_get_root(ours));
      if (!same && ++wrong <= 20) {
        ADD_FAILURE() << name << "\nrequest:  " << Written(yyjson_obj_get(root, "request"))
                      << "\nexpected: " << Written(expected) << "\ngot:      " << answer;
      }
      yyjson_doc_free(ours);
    }
    yyjson_doc_free(document);
  }
  EXPECT_GT(cases, 1000u);
  EXPECT_EQ(wrong, 0u) << "of " << cases;
}

}  // namespace
}  // namespace onedge::tokenizer

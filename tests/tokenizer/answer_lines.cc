// answer_lines TOKENIZER.json: answers the requests on stdin (tests/tokenizer/lines.h), one line each. The differential
// test runs it.
#include <cstdio>

#include "tests/tokenizer/fixtures.h"
#include "tests/tokenizer/lines.h"

int main(int argc, char** argv) {
  using namespace onedge::tokenizer;
  const auto json = argc == 2 ? ReadFile(argv[1]) : std::nullopt;
  if (!json) return std::fprintf(stderr, "usage: answer_lines TOKENIZER.json < requests\n"), 2;
  const auto tokenizer = LoadTokenizer(*json);
  if (!tokenizer.ok()) return std::fprintf(stderr, "%s\n", tokenizer.status().ToString().c_str()), 1;
  std::string line;
  for (int c; (c = std::getchar()) != EOF;) {
    if (c != '\n') {
      line.push_back(static_cast<char>(c));
      continue;
    }
    yyjson_doc* document = yyjson_read(line.data(), line.size(), 0);
    if (!document) return std::fprintf(stderr, "not JSON: %s\n", line.c_str()), 1;
    std::puts(AnswerLine(*tokenizer.value(), yyjson_doc_get_root(document)).c_str());
    yyjson_doc_free(document);
    line.clear();
  }
  return 0;
}

// to_tokenizer_json FILE [--merges FILE] [--family NAME] [--cased]: prints the tokenizer.json that the converters of
// src/tokenizer/formats make from a file, so that tests can pass it to Hugging Face.
#include <cstdio>

#include "tests/tokenizer/fixtures.h"
#include "tokenizer/formats/formats.h"

namespace {

std::span<const uint8_t> AsBytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace

int main(int argc, char** argv) {
  using namespace onedge::tokenizer;
  std::optional<std::string> file, merges;
  FormatOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument == "--cased")
      options.lowercase = false;
    else if (argument == "--family" && i + 1 < argc)
      options.family = argv[++i];
    else if (argument == "--merges" && i + 1 < argc)
      merges = ReadFile(argv[++i]);
    else
      file = ReadFile(argv[i]);
  }
  if (!file)
    return std::fprintf(stderr, "usage: to_tokenizer_json FILE [--merges FILE] [--family NAME] [--cased]\n"), 2;
  if (merges) options.merges = AsBytes(*merges);
  const auto json = ToTokenizerJson(AsBytes(*file), options);
  if (!json.ok()) return std::fprintf(stderr, "%s\n", json.status().ToString().c_str()), 1;
  std::puts(json->c_str());
  return 0;
}

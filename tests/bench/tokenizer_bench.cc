// tokenizer_bench TOKENIZER TEXTS.json THREADS [first]: prints a line when both are read (the texts are one array of
// strings). Then, for each line on stdin, it encodes all texts as one batch, ids and offsets, repeatedly for a tenth of
// a second, and prints the milliseconds of one batch. first: each line gets one batch by a new tokenizer, whose caches
// are empty; its loading does not count. The benchmark driver (run.mjs) alternates these runs with those of other
// tokenizers.
#include <yyjson.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>

#include "base/thread_pool.h"
#include "tests/tokenizer/fixtures.h"

int main(int argc, char** argv) {
  using namespace onedge;
  using namespace onedge::tokenizer;
  const bool first = argc == 5 && std::string_view(argv[4]) == "first";
  const bool used = argc == 4 || first;
  const auto json = used ? ReadFile(argv[1]) : std::nullopt;
  yyjson_doc* document = used ? yyjson_read_file(argv[2], 0, nullptr, nullptr) : nullptr;
  if (!json || !document)
    return std::fprintf(stderr, "usage: tokenizer_bench TOKENIZER TEXTS.json THREADS [first]\n"), 2;
  auto tokenizer = LoadTokenizer(*json);
  if (!tokenizer.ok()) return std::fprintf(stderr, "%s\n", tokenizer.status().ToString().c_str()), 1;
  std::vector<EncodeInput> inputs;
  size_t index, count;
  yyjson_val* text;
  yyjson_arr_foreach(yyjson_doc_get_root(document), index, count, text)
      inputs.push_back({std::string_view(yyjson_get_str(text), yyjson_get_len(text))});
  const size_t thread_count = static_cast<size_t>(std::atoi(argv[3]));
  const auto threads = thread_count == 1 ? nullptr : ThreadPool::Create(thread_count);
  const EncodeOptions options{.truncation = Truncation::Off(), .padding = Padding::Off()};
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    if (first) tokenizer = LoadTokenizer(*json);
    const auto start = std::chrono::steady_clock::now();
    std::chrono::duration<double, std::milli> elapsed{};
    int times = 0;
    for (; times == 0 || (!first && elapsed.count() < 100); ++times) {
      const auto encodings = (*tokenizer)->EncodeBatch(inputs, options, threads.get());
      if (!encodings.ok()) return std::fprintf(stderr, "%s\n", encodings.status().ToString().c_str()), 1;
      elapsed = std::chrono::steady_clock::now() - start;
    }
    std::cout << elapsed.count() / times << std::endl;
  }
  yyjson_doc_free(document);
  return 0;
}

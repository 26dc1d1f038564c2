// compile_image TOKENIZER.json: writes its compiled image to stdout.
#include <cstdio>

#include "tests/tokenizer/fixtures.h"

int main(int argc, char** argv) {
  using namespace onedge::tokenizer;
  const auto json = argc == 2 ? ReadFile(argv[1]) : std::nullopt;
  if (!json) return std::fprintf(stderr, "usage: compile_image TOKENIZER.json > tokenizer.bin\n"), 2;
  const auto image = CompileImage(BytesOf(*json));
  if (!image.ok()) return std::fprintf(stderr, "%s\n", image.status().ToString().c_str()), 1;
  return std::fwrite(image->data(), 1, image->size(), stdout) == image->size() ? 0 : 1;
}

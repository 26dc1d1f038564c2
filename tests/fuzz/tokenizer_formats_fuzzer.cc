// libFuzzer: any bytes as a tokenizer in another file than tokenizer.json. A tokenizer that loads must encode and
// decode without a fault. A merges.txt may follow the line "=== merges.txt ===".
#include <cstddef>
#include <cstdint>

#include "tokenizer/formats/formats.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onedge::tokenizer;
  constexpr std::string_view kMark = "\n=== merges.txt ===\n";
  const std::span<const uint8_t> input(data, size);
  const size_t mark = std::string_view(reinterpret_cast<const char*>(data), size).find(kMark);
  const std::span<const uint8_t> file = input.first(std::min(mark, size));
  FormatOptions options;
  if (mark < size) options.merges = input.subspan(mark + kMark.size());
  for (const char* family : {"roberta", "clip", "t5", "llama", "sentencepiece"}) {
    options.family = family;
    (void)ToTokenizerJson(file, options).ok();
  }
  options.family = {};
  const auto tokenizer = LoadFile(file, options);
  if (!tokenizer.ok()) return 0;
  const std::string_view text =
      "A [MASK] ab <t> caf\xC3\xA9  \xE4\xB8\xAD\xE6\x96\x87 x\xCC\x81 hello <s> 1\xF0\x9F\x98\x80 ";
  const auto encoding = (*tokenizer)->Encode(text, text, EncodeOptions{.token_texts = true});
  if (encoding.ok()) (void)(*tokenizer)->Decode(encoding.value().ids(), true).ok();
  return 0;
}

// libFuzzer: any bytes as a tokenizer.json. A tokenizer that loads must encode and decode without a fault.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using onedge::tokenizer::EncodeOptions;
  const auto tokenizer = onedge::tokenizer::Tokenizer::Load({data, size});
  if (!tokenizer.ok()) return 0;
  // The end of the file also serves as a text, so that it shares the tokenizer's characters, ill-formed ones included.
  const std::string_view tail(reinterpret_cast<const char*>(data) + size - size / 4, size / 4);
  for (const std::string_view text :
       {std::string_view("A [MASK] caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87 x\xCC\x81\xCC\xA3\xFF 1\xF0\x9F\x98\x80"),
        tail}) {
    const auto encoding =
        (*tokenizer)
            ->Encode(text, text,
                     EncodeOptions{.offset_unit = onedge::tokenizer::OffsetUnit::kUtf16, .token_texts = true});
    if (encoding.ok()) (void)(*tokenizer)->Decode(encoding.value().ids(), true).ok();
  }
  return 0;
}

// libFuzzer: any bytes as a compiled tokenizer. A tokenizer that loads must encode and decode without a fault.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "tokenizer/tokenizer.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tokenizer = onedge::tokenizer::Tokenizer::LoadImage({data, data + size});
  if (!tokenizer.ok()) return 0;
  const auto encoding =
      (*tokenizer)->Encode("abb ab caf\xC3\xA9 \xE4\xB8\xAD\xE6\x96\x87 x\xCC\x81", {.token_texts = true});
  if (encoding.ok()) (void)(*tokenizer)->Decode(encoding.value().ids(), true).ok();
  return 0;
}

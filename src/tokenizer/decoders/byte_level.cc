// ByteLevel: converts the byte alphabet back to bytes, and these to text; bytes that are not UTF-8 become U+FFFD.
#include "tokenizer/byte_level.h"

#include "tokenizer/decoders/decoders.h"

namespace onedge::tokenizer {
namespace {

struct ByteLevelDecoder final : Decoder {
  Status Decode(std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) {
      const size_t before = bytes.size();
      for (const char* p = token.data(); p != token.data() + token.size();) {
        const auto byte = ByteOf(unicode::Next(p));
        if (!byte) {  // outside the alphabet: an added token, used as it is
          bytes.resize(before);
          bytes += token;
          break;
        }
        bytes.push_back(static_cast<char>(*byte));
      }
    }
    if (!unicode::IsWellFormed(bytes)) {
      std::vector<uint32_t> source;
      bytes = unicode::Repair(bytes, source);
    }
    tokens.assign(1, std::move(bytes));
    return OkStatus();
  }
};

}  // namespace

DecoderResult ParseByteLevelDecoder(const Json&) {
  return std::unique_ptr<const Decoder>(std::make_unique<ByteLevelDecoder>());
}

}  // namespace onedge::tokenizer

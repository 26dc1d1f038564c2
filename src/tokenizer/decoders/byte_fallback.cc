// ByteFallback: a run of tokens like <0xE2> becomes the text of its bytes, or one U+FFFD for each token if the bytes
// are not UTF-8.
#include "text/unicode/utf8.h"
#include "tokenizer/decoders/decoders.h"

namespace onedge::tokenizer {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The byte of "<0x41>", or -1. Rust also parses "+A" as a number, so this function does too.
int ByteOfToken(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token[5] != '>') return -1;
  const int low = HexDigit(token[4]);
  if (token[3] == '+') return low;
  const int high = HexDigit(token[3]);
  return high < 0 || low < 0 ? -1 : high * 16 + low;
}

struct ByteFallback final : Decoder {
  Status Decode(std::vector<std::string>& tokens) const override {
    std::vector<std::string> out;
    std::string bytes;
    const auto flush = [&] {
      if (bytes.empty()) return;
      if (unicode::IsWellFormed(bytes))
        out.push_back(bytes);
      else
        out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const int byte = ByteOfToken(token); byte >= 0) {
        bytes.push_back(static_cast<char>(byte));
        continue;
      }
      flush();
      out.push_back(std::move(token));
    }
    flush();
    tokens = std::move(out);
    return OkStatus();
  }
};

}  // namespace

DecoderResult ParseByteFallback(const Json&) {
  return std::unique_ptr<const Decoder>(std::make_unique<ByteFallback>());
}

}  // namespace onedge::tokenizer

#include "contract/base64.h"

namespace onedge::contract {
namespace {

constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int ValueOf(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

}  // namespace

std::string EncodeBase64(std::span<const uint8_t> bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    const size_t left = bytes.size() - i;
    const uint32_t group = static_cast<uint32_t>(bytes[i]) << 16 |
                           (left > 1 ? static_cast<uint32_t>(bytes[i + 1]) << 8 : 0) | (left > 2 ? bytes[i + 2] : 0);
    for (size_t c = 0; c < 4; ++c) out += c <= left ? kAlphabet[group >> (18 - 6 * c) & 63] : '=';
  }
  return out;
}

bool DecodeBase64(std::string_view text, std::vector<uint8_t>& bytes) {
  bytes.clear();
  bytes.reserve(text.size() / 4 * 3);
  uint32_t group = 0;
  size_t digits = 0;
  size_t padding = 0;
  for (char c : text) {
    if (c == ' ' || c == '\t' || c == '\n' || c == '\f' || c == '\r') continue;
    if (c == '=') {
      ++padding;
      continue;
    }
    const int value = ValueOf(c);
    if (value < 0 || padding > 0) return false;
    group = group << 6 | static_cast<uint32_t>(value);
    if (++digits % 4 != 0) continue;
    for (int shift : {16, 8, 0}) bytes.push_back(static_cast<uint8_t>(group >> shift));
  }
  const size_t rest = digits % 4;
  if (rest == 1 || (padding > 0 && (rest < 2 || rest + padding != 4))) return false;
  if (rest == 2) bytes.push_back(static_cast<uint8_t>(group >> 4));
  if (rest == 3) {
    bytes.push_back(static_cast<uint8_t>(group >> 10));
    bytes.push_back(static_cast<uint8_t>(group >> 2));
  }
  return true;
}

}  // namespace onedge::contract

#include "text/unicode/utf8.h"

namespace onedge::unicode {

size_t AsciiPrefix(std::string_view text) {
  size_t i = 0;
  for (; i + 16 <= text.size(); i += 16) {
    uint64_t words[2];
    std::memcpy(words, text.data() + i, 16);
    if ((words[0] | words[1]) & 0x8080808080808080u) break;
  }
  while (i < text.size() && static_cast<uint8_t>(text[i]) < 0x80) ++i;
  return i;
}

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (char byte : text) count += !IsContinuation(byte);
  return count;
}

namespace {

// The well-formed length of the sequence at text[i], or the negated length of the maximal ill-formed subpart.
int Classify(std::string_view text, size_t i) {
  const auto byte = [&](size_t k) { return i + k < text.size() ? static_cast<uint8_t>(text[i + k]) : 0u; };
  const uint32_t lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead < 0xC2 || lead > 0xF4) return -1;
  const int length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  const uint32_t low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const uint32_t high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return -1;
  for (int k = 2; k < length; ++k) {
    if (byte(k) < 0x80 || byte(k) > 0xBF) return -k;
  }
  return length;
}

}  // namespace

uint32_t WellFormedLength(std::string_view text, size_t i) {
  const int length = Classify(text, i);
  return length > 0 ? static_cast<uint32_t>(length) : 0;
}

bool IsWellFormed(std::string_view text) {
  const auto continues = [](char byte) { return IsContinuation(byte); };
  size_t i = 0;
  while ((i += AsciiPrefix(text.substr(i))) < text.size()) {
    // Most other sequences: two bytes, and three bytes except for E0 and ED, which restrict the next byte.
    while (text.size() - i >= 3) {
      const uint8_t lead = static_cast<uint8_t>(text[i]);
      if (lead >= 0xE1 && lead <= 0xEF && lead != 0xED && continues(text[i + 1]) && continues(text[i + 2]))
        i += 3;
      else if (lead >= 0xC2 && lead <= 0xDF && continues(text[i + 1]))
        i += 2;
      else
        break;
    }
    while (i < text.size() && static_cast<uint8_t>(text[i]) >= 0x80) {
      const int length = Classify(text, i);
      if (length < 0) return false;
      i += static_cast<size_t>(length);
    }
  }
  return true;
}

std::string Repair(std::string_view text, std::vector<uint32_t>& source) {
  std::string out;
  source.clear();
  for (size_t i = 0; i < text.size();) {
    const int length = Classify(text, i);
    if (length > 0) {
      for (int k = 0; k < length; ++k) source.push_back(static_cast<uint32_t>(i) + k);
      out.append(text.substr(i, length));
    } else {
      source.insert(source.end(), 3, static_cast<uint32_t>(i));
      Append(out, kReplacementCharacter);
    }
    i += static_cast<size_t>(length > 0 ? length : -length);
  }
  source.push_back(static_cast<uint32_t>(text.size()));
  return out;
}

}  // namespace onedge::unicode

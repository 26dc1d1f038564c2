// A small fast hash of bytes for tables in memory. It is not stored in files.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace onedge {

inline uint64_t MixBits(uint64_t x) {
  x ^= x >> 32;
  x *= 0xE9846AF9B1A615Du;
  x ^= x >> 32;
  x *= 0xE9846AF9B1A615Du;
  return x ^ x >> 28;
}

inline uint32_t HashBytes(std::string_view bytes) {
  uint64_t hash = 0x9E3779B97F4A7C15u ^ bytes.size();
  const char* p = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    uint64_t word;
    std::memcpy(&word, p, 8);
    hash = MixBits(hash ^ word);
  }
  uint64_t word = 0;
  if (left > 0) std::memcpy(&word, p, left);
  return static_cast<uint32_t>(MixBits(hash ^ word));
}

}  // namespace onedge

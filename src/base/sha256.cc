#include "base/sha256.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace onedge {
namespace {

// The first 32 bits of the fractional parts of the cube roots of the first 64 primes.
constexpr uint32_t kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// Four words of the message schedule, computed together.
using Words = uint32_t __attribute__((vector_size(16), may_alias));

// The baseline compilers of WebAssembly engines turn a rotation into a call into the engine, and a module that was just
// loaded has only baseline code. They compile shifts directly.
uint32_t RotateRight(uint32_t x, int count) {
#ifdef __wasm__
  return static_cast<uint32_t>((uint64_t{x} << 32 | x) >> count);
#else
  return std::rotr(x, count);
#endif
}
Words RotateRight(Words x, int count) { return x >> count | x << (32 - count); }

Words Sigma0(Words x) { return RotateRight(x, 7) ^ RotateRight(x, 18) ^ (x >> 3); }
Words Sigma1(Words x) { return RotateRight(x, 17) ^ RotateRight(x, 19) ^ (x >> 10); }

// The next four words after sixteen (FIPS 180-4, 6.2.2); `a` holds the first four, `d` the last four.
Words NextWords(Words a, Words b, Words c, Words d) {
  const Words zero = {};
  const Words known = a + Sigma0(__builtin_shufflevector(a, b, 1, 2, 3, 4)) + __builtin_shufflevector(c, d, 1, 2, 3, 4);
  // The last two words depend on the first two.
  const Words first = known + Sigma1(__builtin_shufflevector(d, zero, 2, 3, 4, 4));
  return first + Sigma1(__builtin_shufflevector(first, zero, 4, 4, 0, 1));
}

// One round. `word` is the schedule's word plus the round's constant. `bc` is b ^ c on entry and a ^ b on exit.
[[gnu::always_inline]] inline void Round(uint32_t a, uint32_t b, uint32_t& d, uint32_t e, uint32_t f, uint32_t g,
                                         uint32_t& h, uint32_t& bc, uint32_t word) {
  const uint32_t s1 = RotateRight(e, 6) ^ RotateRight(e, 11) ^ RotateRight(e, 25);
  const uint32_t t1 = h + s1 + (g ^ (e & (f ^ g))) + word;
  const uint32_t s0 = RotateRight(a, 2) ^ RotateRight(a, 13) ^ RotateRight(a, 22);
  const uint32_t ab = a ^ b;
  d += t1;
  h = t1 + s0 + (b ^ (ab & bc));  // the majority of a, b and c
  bc = ab;
}

}  // namespace

void Sha256::Compress(const uint8_t* block) {
  alignas(16) uint32_t words[64];
  for (size_t i = 0; i < 16; ++i) {
    words[i] = uint32_t{block[4 * i]} << 24 | uint32_t{block[4 * i + 1]} << 16 | uint32_t{block[4 * i + 2]} << 8 |
               block[4 * i + 3];
  }
  Words* fours = reinterpret_cast<Words*>(words);
  for (size_t i = 4; i < 16; ++i) fours[i] = NextWords(fours[i - 4], fours[i - 3], fours[i - 2], fours[i - 1]);
  auto [a, b, c, d, e, f, g, h] = state_;
  uint32_t bc = b ^ c;
  for (size_t i = 0; i < 64; i += 8) {  // the eight variables rotate by one place a round, and by eight in eight
    Round(a, b, d, e, f, g, h, bc, kRoundConstants[i] + words[i]);
    Round(h, a, c, d, e, f, g, bc, kRoundConstants[i + 1] + words[i + 1]);
    Round(g, h, b, c, d, e, f, bc, kRoundConstants[i + 2] + words[i + 2]);
    Round(f, g, a, b, c, d, e, bc, kRoundConstants[i + 3] + words[i + 3]);
    Round(e, f, h, a, b, c, d, bc, kRoundConstants[i + 4] + words[i + 4]);
    Round(d, e, g, h, a, b, c, bc, kRoundConstants[i + 5] + words[i + 5]);
    Round(c, d, f, g, h, a, b, bc, kRoundConstants[i + 6] + words[i + 6]);
    Round(b, c, e, f, g, h, a, bc, kRoundConstants[i + 7] + words[i + 7]);
  }
  const std::array<uint32_t, 8> added = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) state_[i] += added[i];
}

void Sha256::Update(std::span<const uint8_t> bytes) {
  while (!bytes.empty()) {
    const size_t filled = length_ % 64;
    if (filled == 0 && bytes.size() >= 64) {
      Compress(bytes.data());
      bytes = bytes.subspan(64);
      length_ += 64;
      continue;
    }
    const size_t taken = std::min(bytes.size(), 64 - filled);
    std::memcpy(block_.data() + filled, bytes.data(), taken);
    bytes = bytes.subspan(taken);
    length_ += taken;
    if (length_ % 64 == 0) Compress(block_.data());
  }
}

Sha256::Digest Sha256::Finish() {
  const uint64_t bits = length_ * 8;
  uint8_t padding[72] = {0x80};
  const size_t zeros_end = (length_ % 64 < 56 ? 56 : 120) - length_ % 64;
  for (size_t i = 0; i < 8; ++i) padding[zeros_end + i] = static_cast<uint8_t>(bits >> (56 - 8 * i));
  Update({padding, zeros_end + 8});
  Digest digest;
  for (size_t i = 0; i < 32; ++i) digest[i] = static_cast<uint8_t>(state_[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string ToHex(const Sha256::Digest& digest) {
  std::string out;
  for (uint8_t byte : digest) {
    out += "0123456789abcdef"[byte >> 4];
    out += "0123456789abcdef"[byte & 15];
  }
  return out;
}

}  // namespace onedge

// SHA-256 (FIPS 180-4) of a stream. An object makes one digest; not thread-safe.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace onedge {

class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;

  void Update(std::span<const uint8_t> bytes);
  // The digest of all bytes so far. Do not use the object afterwards.
  Digest Finish();

 private:
  void Compress(const uint8_t* block);

  std::array<uint32_t, 8> state_ = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                    0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<uint8_t, 64> block_{};
  uint64_t length_ = 0;  // bytes
};

// 64 lowercase hexadecimal digits.
std::string ToHex(const Sha256::Digest& digest);

}  // namespace onedge

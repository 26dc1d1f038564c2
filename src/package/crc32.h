// CRC-32 as ZIP uses it (polynomial 0xEDB88320, reflected).
#pragma once

#include <cstdint>
#include <span>

namespace onedge::package {

// Continues a checksum over `bytes`; start with 0.
uint32_t Crc32(uint32_t crc, std::span<const uint8_t> bytes);

}  // namespace onedge::package

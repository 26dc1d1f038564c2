// The constants of the ZIP format that reader and writer share (PKWARE APPNOTE 6.3).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace onedge::package::zip {

inline constexpr uint32_t kLocalHeader = 0x04034b50, kCentralHeader = 0x02014b50, kEnd = 0x06054b50;
inline constexpr uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
// Lengths of the fixed parts, signatures included.
inline constexpr size_t kLocalBytes = 30, kCentralBytes = 46, kEndBytes = 22, kEnd64Bytes = 56, kLocator64Bytes = 20;
inline constexpr uint16_t kFlagEncrypted = 1, kFlagDescriptor = 8, kFlagStrong = 64, kFlagUtf8 = 0x800;
inline constexpr uint16_t kExtraZip64 = 1;
// The extra field that zipalign uses for padding: the alignment, then zeros.
inline constexpr uint16_t kExtraAlignment = 0xd935;
inline constexpr uint16_t kDate1980 = 1 << 5 | 1;  // 1 January 1980, the first date that ZIP can store
inline constexpr uint64_t kMax32 = 0xffffffff;
inline constexpr uint64_t kAlignment = 64;

template <typename T>
T Load(const std::string& bytes, size_t at) {
  T value = 0;
  for (size_t i = 0; i < sizeof(T); ++i)
    value = static_cast<T>(value | static_cast<T>(static_cast<uint8_t>(bytes[at + i])) << (8 * i));
  return value;
}

template <typename T>
void Append(std::string& out, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) out.push_back(static_cast<char>(value >> (8 * i) & 0xff));
}

}  // namespace onedge::package::zip

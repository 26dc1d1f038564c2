// Base64 (RFC 4648, section 4), with padding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onedge::contract {

std::string EncodeBase64(std::span<const uint8_t> bytes);
// Returns false if `text` is not base64. Padding is optional; white space is skipped.
bool DecodeBase64(std::string_view text, std::vector<uint8_t>& bytes);

}  // namespace onedge::contract

// Base64 (RFC 4648, section 4), with padding.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace onedge::contract {

std::string EncodeBase64(std::span<const uint8_t> bytes);
// False where `text` is not base64; padding may be left out, and white space is passed over.
bool DecodeBase64(std::string_view text, std::vector<uint8_t>& bytes);

}  // namespace onedge::contract

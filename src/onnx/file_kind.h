// Guesses the format of a file that is not an ONNX model.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace onedge::onnx {

// GuessFileKind reads at most this many first bytes.
inline constexpr size_t kFileHeadBytes = 64;

// "a ZIP archive; ..." with advice, or "" for an unknown format.
std::string_view GuessFileKind(std::span<const uint8_t> head);

}  // namespace onedge::onnx

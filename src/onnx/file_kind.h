// Says what a file that is not an ONNX model seems to be.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace onedge::onnx {

// As many first bytes as GuessFileKind looks at.
inline constexpr size_t kFileHeadBytes = 64;

// "a ZIP archive; ..." with advice, or "" when the head looks like nothing that is known.
std::string_view GuessFileKind(std::span<const uint8_t> head);

}  // namespace onedge::onnx

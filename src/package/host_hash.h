// HostHash: the SHA-256 of the host. In WebAssembly it is faster than ours, and it needs no code of ours.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace onedge::package {

// Hashes one content after another.
class HostHash {
 public:
  virtual ~HostHash() = default;
  virtual void Update(std::span<const uint8_t> bytes) = 0;
  // Ends a content: a part of a package and its digest in hex; or an .onnx file, with two empty texts. The host
  // compares the digests before it uses the model: some hosts hash asynchronously.
  virtual void End(std::string_view part, std::string_view expected) = 0;
};

}  // namespace onedge::package

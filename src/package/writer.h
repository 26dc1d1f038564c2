// WritePackage: a .onedge package, deterministically: the same manifest and parts give the same bytes. No state.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "package/manifest.h"

namespace onedge::package {

// Takes the next bytes of something that is being written.
using ByteSink = std::function<Status(std::span<const uint8_t>)>;

struct PartSource {
  std::string name;
  // Gives all bytes of the part to the sink, in any pieces; called twice (digests come before the data), with the same
  // bytes.
  std::function<Status(const ByteSink&)> write;

  // A part that is in memory; `bytes` outlives the PartSource.
  static PartSource FromBytes(std::string name, std::span<const uint8_t> bytes);
};

// Writes manifest.json and then `parts` in the given order (manifest.parts is filled in). Fails on names that parts
// cannot have, on a missing model.onnx, and where weights.bin comes before it. Returns the SHA-256 of the manifest: the
// package's digest.
Result<std::string> WritePackage(Manifest manifest, std::span<const PartSource> parts, const ByteSink& out);

}  // namespace onedge::package

// WritePackage: writes a .onedge package. The same manifest and parts always give the same bytes. Stateless.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "base/status.h"
#include "package/manifest.h"

namespace onedge::package {

// Takes the next bytes of the output.
using ByteSink = std::function<Status(std::span<const uint8_t>)>;

struct PartSource {
  std::string name;
  // Passes all bytes of the part to the sink, in any pieces. It is called twice (digests come before the data) and must
  // give the same bytes each time.
  std::function<Status(const ByteSink&)> write;

  // A part in memory; `bytes` must outlive the PartSource.
  static PartSource FromBytes(std::string name, std::span<const uint8_t> bytes);
};

// Writes manifest.json, then `parts` in the given order (manifest.parts is filled in). Fails on an invalid part name,
// on a missing model.onnx, and if weights.bin comes before model.onnx. Returns the SHA-256 of the manifest: the
// package's digest.
Result<std::string> WritePackage(Manifest manifest, std::span<const PartSource> parts, const ByteSink& out);

}  // namespace onedge::package

// libFuzzer: any bytes as a .onedge package; the first byte chooses the size of the pieces.
#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "package/reader.h"

namespace {

struct Sink : onedge::package::Reader::Sink {
  onedge::Status OnManifest(const onedge::package::Manifest& manifest) override {
    (void)onedge::package::WriteManifest(manifest);
    return onedge::OkStatus();
  }
  onedge::Status OnPartBegin(const onedge::package::Part&, uint64_t) override { return onedge::OkStatus(); }
  onedge::Status OnPartBytes(std::span<const uint8_t>) override { return onedge::OkStatus(); }
  onedge::Status OnPartEnd() override { return onedge::OkStatus(); }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const size_t piece = 1 + data[0];
  Sink sink;
  onedge::package::Reader reader(&sink);
  for (size_t i = 1; i < size; i += piece) {
    if (!reader.Feed({data + i, std::min(piece, size - i)}).ok()) return 0;
  }
  (void)reader.Finish().ok();
  return 0;
}

// libFuzzer: any bytes as an ONNX model. The first byte chooses the size of the pieces and whether the length is
// announced. A model that loads must accept its external data and must pass the rewriter.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "onnx/externalize.h"
#include "onnx/loader.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace onedge;
  if (size == 0) return 0;
  const size_t piece = 1 + data[0] % 64;
  const std::span<const uint8_t> bytes(data + 1, size - 1);
  MemoryBudget budget(64 << 20);
  onnx::Loader loader =
      onnx::Loader::Create({.budget = &budget,
                            .model_bytes = data[0] & 64 ? bytes.size() : onnx::LoaderOptions::kUnknown,
                            .max_nodes = 10000});
  for (size_t i = 0; i < bytes.size(); i += piece) {
    if (!loader.Feed(bytes.subspan(i, std::min(piece, bytes.size() - i))).ok()) return 0;
  }
  const auto parts = loader.ExternalParts();
  if (!parts.ok()) return 0;
  for (const onnx::ExternalPart& part : *parts) {
    const std::vector<uint8_t> external(static_cast<size_t>(std::min<uint64_t>(part.end, 1 << 16)));
    (void)loader.FeedExternal(part.location, 0, external).ok();
  }
  (void)loader.Finish().ok();
  (void)onnx::ExternalizeWeights(bytes).ok();
  return 0;
}

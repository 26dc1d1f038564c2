// ByteLevel: writes each byte as one character of the byte alphabet.
#include "tokenizer/byte_level.h"

#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

struct ByteLevelNormalizer final : Normalizer {
  Status Normalize(TextSlice in, AlignedText& out) const override { return AppendByteLevel(in, out), OkStatus(); }
  CutSet KeptCuts() const override { return CutSet::All(); }
};

}  // namespace

NormalizerResult ParseByteLevelNormalizer(const Json&) {
  return std::unique_ptr<const Normalizer>(std::make_unique<ByteLevelNormalizer>());
}

}  // namespace onedge::tokenizer

// ByteLevel: removes the spaces of byte-level tokens from their offsets.
#include "tokenizer/byte_level.h"

#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

class ByteLevelProcessing final : public PostProcessor {
 public:
  ByteLevelProcessing(bool add_prefix_space, bool trim_offsets)
      : add_prefix_space_(add_prefix_space), trim_offsets_(trim_offsets) {}

  size_t AddedTokens(bool) const override { return 0; }
  bool ReadsTokenTexts() const override { return trim_offsets_; }
  Status Process(std::vector<Encoding>& encodings, bool, bool) const override {
    if (!trim_offsets_) return OkStatus();
    for (Encoding& encoding : encodings) TrimByteLevelOffsets(encoding, add_prefix_space_);
    return OkStatus();
  }

 private:
  bool add_prefix_space_, trim_offsets_;
};

}  // namespace

PostProcessorResult ParseByteLevelProcessing(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool add_prefix_space, json.BoolMember("add_prefix_space"));
  ONEDGE_ASSIGN_OR_RETURN(const bool trim_offsets, json.BoolMember("trim_offsets"));
  return std::unique_ptr<const PostProcessor>(std::make_unique<ByteLevelProcessing>(add_prefix_space, trim_offsets));
}

}  // namespace onedge::tokenizer

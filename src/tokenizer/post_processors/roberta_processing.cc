// RobertaProcessing: <s> text </s>, and </s> pair </s>, all of type 0. It removes the spaces of byte-level tokens from
// their offsets.
#include "tokenizer/byte_level.h"
#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

class RobertaProcessing final : public PostProcessor {
 public:
  RobertaProcessing(SpecialToken sep, SpecialToken cls, bool trim_offsets, bool add_prefix_space)
      : sep_(std::move(sep)), cls_(std::move(cls)), trim_offsets_(trim_offsets), add_prefix_space_(add_prefix_space) {}

  size_t AddedTokens(bool pair) const override { return pair ? 4 : 2; }
  bool ReadsTokenTexts() const override { return trim_offsets_; }

  Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const override {
    for (size_t i = 0; i < encodings.size(); ++i) {
      Encoding& encoding = encodings[i];
      if (trim_offsets_) TrimByteLevelOffsets(encoding, add_prefix_space_);
      SetTypeIds(encoding, 0);
      if (!add_special_tokens) continue;  // the windows keep their types, as in Hugging Face
      for (Encoding& window : encoding.overflowing) SetTypeIds(window, 0);
      PrependSpecial(encoding, i == 0 ? cls_ : sep_, 0, with_texts);
      AppendSpecial(encoding, sep_, 0, with_texts);
    }
    return OkStatus();
  }

 private:
  SpecialToken sep_, cls_;
  bool trim_offsets_, add_prefix_space_;
};

}  // namespace

PostProcessorResult ParseRobertaProcessing(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json sep_json, json.Member("sep"));
  ONEDGE_ASSIGN_OR_RETURN(SpecialToken sep, ParseSpecialTokenPair(sep_json));
  ONEDGE_ASSIGN_OR_RETURN(const Json cls_json, json.Member("cls"));
  ONEDGE_ASSIGN_OR_RETURN(SpecialToken cls, ParseSpecialTokenPair(cls_json));
  ONEDGE_ASSIGN_OR_RETURN(const bool trim_offsets, json.BoolMember("trim_offsets"));
  ONEDGE_ASSIGN_OR_RETURN(const bool add_prefix_space, json.BoolMember("add_prefix_space"));
  return std::unique_ptr<const PostProcessor>(
      std::make_unique<RobertaProcessing>(std::move(sep), std::move(cls), trim_offsets, add_prefix_space));
}

}  // namespace onedge::tokenizer

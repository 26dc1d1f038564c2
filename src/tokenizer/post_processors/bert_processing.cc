// BertProcessing: [CLS] text [SEP], and pair [SEP] with type 1.
#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

class BertProcessing final : public PostProcessor {
 public:
  BertProcessing(SpecialToken sep, SpecialToken cls) : sep_(std::move(sep)), cls_(std::move(cls)) {}

  size_t AddedTokens(bool pair) const override { return pair ? 3 : 2; }

  Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_texts) const override {
    if (!add_special_tokens) return OkStatus();
    // The special tokens go around the text and after the pair.
    PrependSpecial(encodings[0], cls_, 0, with_texts);
    for (size_t i = 0; i < encodings.size(); ++i)
      AppendSpecial(encodings[i], sep_, static_cast<int32_t>(i), with_texts);
    return OkStatus();
  }

 private:
  SpecialToken sep_, cls_;
};

}  // namespace

PostProcessorResult ParseBertProcessing(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json sep_json, json.Member("sep"));
  ONEDGE_ASSIGN_OR_RETURN(SpecialToken sep, ParseSpecialTokenPair(sep_json));
  ONEDGE_ASSIGN_OR_RETURN(const Json cls_json, json.Member("cls"));
  ONEDGE_ASSIGN_OR_RETURN(SpecialToken cls, ParseSpecialTokenPair(cls_json));
  return std::unique_ptr<const PostProcessor>(std::make_unique<BertProcessing>(std::move(sep), std::move(cls)));
}

}  // namespace onedge::tokenizer

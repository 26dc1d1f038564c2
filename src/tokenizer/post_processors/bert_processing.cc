// BertProcessing: [CLS] text [SEP], and pair [SEP] with type 1.
#include "tokenizer/post_processors/post_processors.h"

namespace onedge::tokenizer {
namespace {

class BertProcessing final : public PostProcessor {
 public:
  BertProcessing(SpecialToken sep, SpecialToken cls) : sep_(std::move(sep)), cls_(std::move(cls)) {}

  size_t AddedTokens(bool pair) const override { return pair ? 3 : 2; }

  Status Process(std::vector<Encoding>& encodings, bool add_special_tokens, bool with_tokens) const override {
    if (!add_special_tokens) return OkStatus();
    for (size_t i = 0; i < encodings.size(); ++i) {
      Encoding& encoding = encodings[i];
      std::vector<Encoding> windows = std::move(encoding.overflowing);
      encoding.overflowing.clear();
      for (Encoding& window : windows) ONEDGE_RETURN_IF_ERROR(Wrap(window, i, with_tokens));
      ONEDGE_RETURN_IF_ERROR(Wrap(encoding, i, with_tokens));
      encoding.overflowing = std::move(windows);
    }
    return OkStatus();
  }

 private:
  // Puts the special tokens around the text (index 0) or after the pair (index 1).
  Status Wrap(Encoding& encoding, size_t index, bool with_tokens) const {
    const int32_t type_id = static_cast<int32_t>(index);
    if (index == 0) {
      Encoding wrapped = SpecialTokenEncoding(cls_, type_id, with_tokens);
      ONEDGE_RETURN_IF_ERROR(Append(wrapped, encoding));
      encoding = std::move(wrapped);
    }
    return Append(encoding, SpecialTokenEncoding(sep_, type_id, with_tokens));
  }

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

// FixedLength: cuts pieces of a fixed number of characters; the last piece may be shorter.
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class FixedLength final : public PreTokenizer {
 public:
  explicit FixedLength(uint64_t length) : length_(length) {}

  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    pre_tokenized.Resplit([this](std::string_view text, const auto& emit) {
      for (size_t begin = 0, end = 0; begin < text.size(); begin = end) {
        for (uint64_t count = 0; count < length_ && end < text.size(); ++count)
          end += unicode::SequenceLength(text[end]);
        emit(begin, end);
      }
    });
    return OkStatus();
  }
  CutSet KeptCuts() const override { return {}; }

 private:
  uint64_t length_;
};

}  // namespace

PreTokenizerResult ParseFixedLength(const Json& json) {
  uint64_t length = 5;  // the default of Hugging Face
  if (const auto member = json.Find("length")) {
    ONEDGE_ASSIGN_OR_RETURN(length, member->AsCount());
    if (length == 0) return member->Expected("at least one character");
  }
  return std::unique_ptr<const PreTokenizer>(std::make_unique<FixedLength>(length));
}

}  // namespace onedge::tokenizer

// ByteLevel: cuts like GPT-2, then writes each byte as one character of the byte alphabet.
#include "tokenizer/byte_level.h"

#include "tokenizer/known_patterns.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class ByteLevel final : public PreTokenizer {
 public:
  ByteLevel(bool add_prefix_space, bool use_regex) : add_prefix_space_(add_prefix_space), use_regex_(use_regex) {}

  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    if (add_prefix_space_) {
      pre_tokenized.RewriteSplits([](TextSlice in, AlignedText& out) {
        if (in.begin < in.end && in.text()[0] != ' ') out.Append(' ', in.source->span(in.begin));
        out.AppendRange(*in.source, in.begin, in.end);
      });
    }
    pre_tokenized.Resplit([this](std::string_view text, const auto& emit) {
      if (!use_regex_) return emit(0, text.size());
      for (uint32_t begin = 0; begin < text.size();) {
        const uint32_t end = pattern_.End(text, begin);
        emit(begin, end);
        begin = end;
      }
    });
    pre_tokenized.RewriteSplits(AppendByteLevel);
    return OkStatus();
  }
  CutSet KeptCuts() const override { return (use_regex_ ? pattern_.MadeCuts() : CutSet::All()) & KeptByPrefix(); }
  CutSet MadeCuts() const override { return use_regex_ ? pattern_.MadeCuts() : CutSet(); }

 private:
  // A text that begins with a space gets no second one.
  CutSet KeptByPrefix() const { return add_prefix_space_ ? CutSet::Between(kAnyClass, kSpaces) : CutSet::All(); }

  bool add_prefix_space_, use_regex_;
  KnownPattern pattern_ = KnownPattern::Gpt2();
};

}  // namespace

PreTokenizerResult ParseByteLevel(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool add_prefix_space, json.BoolMember("add_prefix_space"));
  ONEDGE_ASSIGN_OR_RETURN(const bool use_regex, json.BoolMember("use_regex", true));
  return std::unique_ptr<const PreTokenizer>(std::make_unique<ByteLevel>(add_prefix_space, use_regex));
}

}  // namespace onedge::tokenizer

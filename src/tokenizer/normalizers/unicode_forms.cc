// NFC, NFD, NFKC, NFKD.
#include "text/unicode/normalization.h"
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

class UnicodeForm final : public Normalizer {
 public:
  explicit UnicodeForm(const unicode::Form& form) : form_(form) {}

  Status Normalize(TextSlice in, AlignedText& out) const override {
    if (unicode::IsAscii(in.text())) return out.AppendRange(*in.source, in.begin, in.end), OkStatus();
    std::vector<unicode::ChangedChar> changed;
    unicode::Normalize(in.text(), form_, changed);
    Rewriter rewriter(in, out);
    for (const unicode::ChangedChar& c : changed) rewriter.Emit(c.c, c.change);
    return OkStatus();
  }
  // An ASCII character combines with nothing before it.
  CutSet KeptCuts() const override { return CutSet::Between(kAnyClass, kAscii); }

 private:
  unicode::Form form_;
};

NormalizerResult MakeForm(const unicode::Form& form) {
  return std::unique_ptr<const Normalizer>(std::make_unique<UnicodeForm>(form));
}

}  // namespace

NormalizerResult ParseNfc(const Json&) { return MakeForm(unicode::Form::kNfc); }
NormalizerResult ParseNfd(const Json&) { return MakeForm(unicode::Form::kNfd); }
NormalizerResult ParseNfkc(const Json&) { return MakeForm(unicode::Form::kNfkc); }
NormalizerResult ParseNfkd(const Json&) { return MakeForm(unicode::Form::kNfkd); }

}  // namespace onedge::tokenizer

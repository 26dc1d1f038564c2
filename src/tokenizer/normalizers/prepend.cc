// Prepend: puts a string before a text that is not empty. The string gets the alignment of the text's first character.
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

class Prepend final : public Normalizer {
 public:
  explicit Prepend(std::string prefix) : prefix_(std::move(prefix)) {}

  Status Normalize(TextSlice in, AlignedText& out) const override {
    if (in.begin == in.end) return OkStatus();
    if (!in.place.starts_section) return out.AppendRange(*in.source, in.begin, in.end), OkStatus();
    const Span first = in.source->span(in.begin);
    for (const char* p = prefix_.data(); p != prefix_.data() + prefix_.size();) out.Append(unicode::Next(p), first);
    out.AppendRange(*in.source, in.begin, in.end);
    return OkStatus();
  }
  // The first chunk must not be empty.
  CutSet KeptCuts() const override { return CutSet::Between(kAscii, kAnyClass); }
  bool ReadsPlace() const override { return true; }

 private:
  std::string prefix_;
};

}  // namespace

NormalizerResult ParsePrepend(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(std::string prefix, json.StringMember("prepend"));
  return std::unique_ptr<const Normalizer>(std::make_unique<Prepend>(std::move(prefix)));
}

}  // namespace onedge::tokenizer

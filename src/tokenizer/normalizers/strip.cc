// Strip: removes whitespace at the ends.
#include "text/unicode/properties.h"
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

class Strip final : public Normalizer {
 public:
  Strip(bool left, bool right) : left_(left), right_(right) {}

  Status Normalize(TextSlice in, AlignedText& out) const override {
    const std::string_view all = in.source->text();
    while (left_ && in.place.starts_section && in.begin < in.end && unicode::IsWhitespace(unicode::At(all, in.begin))) {
      in.begin += unicode::SequenceLength(all[in.begin]);
    }
    while (right_ && in.place.ends_section && in.begin < in.end) {
      const char32_t last = unicode::Before(all, in.end);
      if (!unicode::IsWhitespace(last)) break;
      in.end -= unicode::EncodedLength(last);
    }
    out.AppendRange(*in.source, in.begin, in.end);
    return OkStatus();
  }
  // The first and last chunk must hold more than whitespace and characters that another stage drops.
  CutSet KeptCuts() const override { return CutSet::Between(kNotWhitespace & kAscii, kAnyClass); }
  bool MayDrop() const override { return true; }
  bool ReadsPlace() const override { return true; }

 private:
  bool left_, right_;
};

}  // namespace

NormalizerResult ParseStrip(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const bool left, json.BoolMember("strip_left"));
  ONEDGE_ASSIGN_OR_RETURN(const bool right, json.BoolMember("strip_right"));
  return std::unique_ptr<const Normalizer>(std::make_unique<Strip>(left, right));
}

}  // namespace onedge::tokenizer

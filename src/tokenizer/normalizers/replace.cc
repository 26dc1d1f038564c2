// Replace: replaces each match of a pattern by a string. The string gets the alignment of the match's last character.
#include "tokenizer/normalizers/normalizers.h"
#include "tokenizer/pattern.h"

namespace onedge::tokenizer {
namespace {

class Replace final : public Normalizer {
 public:
  Replace(Pattern pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}

  Status Normalize(TextSlice in, AlignedText& out) const override {
    std::vector<Match> matches;
    ONEDGE_RETURN_IF_ERROR(pattern_.Find(in.text(), matches));
    for (const Match& match : matches) {
      const uint32_t begin = in.begin + match.begin, end = in.begin + match.end;
      if (!match.is_match) {
        out.AppendRange(*in.source, begin, end);
        continue;
      }
      // An empty match takes the alignment of the character before it.
      const Span span = match.end > 0 ? in.source->span(end - 1) : Span{0, 0};
      for (const char* p = content_.data(); p != content_.data() + content_.size();) out.Append(unicode::Next(p), span);
    }
    return OkStatus();
  }
  CutSet KeptCuts() const override { return pattern_.KeptCuts(); }
  bool MayDrop() const override { return content_.empty(); }

 private:
  Pattern pattern_;
  std::string content_;
};

}  // namespace

NormalizerResult ParseReplace(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json pattern_json, json.Member("pattern"));
  ONEDGE_ASSIGN_OR_RETURN(Pattern pattern, Pattern::Parse(pattern_json));
  ONEDGE_ASSIGN_OR_RETURN(std::string content, json.StringMember("content"));
  return std::unique_ptr<const Normalizer>(std::make_unique<Replace>(std::move(pattern), std::move(content)));
}

}  // namespace onedge::tokenizer

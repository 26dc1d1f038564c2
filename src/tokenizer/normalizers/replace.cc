// Replace: puts a string in place of each occurrence of another; it stands for what the occurrence's last character
// stands for.
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

class Replace final : public Normalizer {
 public:
  Replace(std::string pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}

  void Normalize(TextSlice in, AlignedText& out) const override {
    const std::string_view text = in.text();
    size_t done = 0;
    while (!pattern_.empty()) {
      const size_t found = text.find(pattern_, done);
      if (found == std::string_view::npos) break;
      out.AppendRange(*in.source, in.begin + static_cast<uint32_t>(done), in.begin + static_cast<uint32_t>(found));
      done = found + pattern_.size();
      const Span last = in.source->span(in.begin + static_cast<uint32_t>(done) - 1);
      for (const char* p = content_.data(); p != content_.data() + content_.size();) out.Append(unicode::Next(p), last);
    }
    out.AppendRange(*in.source, in.begin + static_cast<uint32_t>(done), in.end);
  }

 private:
  std::string pattern_, content_;
};

}  // namespace

NormalizerResult ParseReplace(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json pattern, json.Member("pattern"));
  if (pattern.Find("Regex")) return pattern.Unsupported("replacing by regular expression");
  ONEDGE_ASSIGN_OR_RETURN(std::string text, pattern.StringMember("String"));
  ONEDGE_ASSIGN_OR_RETURN(std::string content, json.StringMember("content"));
  return std::unique_ptr<const Normalizer>(std::make_unique<Replace>(std::move(text), std::move(content)));
}

}  // namespace onedge::tokenizer

// BPEDecoder, Metaspace, Replace, Strip: decoders that change the text of each token by itself.
#include "text/unicode/utf8.h"
#include "tokenizer/decoders/decoders.h"
#include "tokenizer/metaspace.h"
#include "tokenizer/pattern.h"

namespace onedge::tokenizer {
namespace {

class BpeDecoder final : public Decoder {
 public:
  explicit BpeDecoder(std::string suffix) : suffix_(std::move(suffix)) {}
  Status Decode(std::vector<std::string>& tokens) const override {
    if (suffix_.empty()) return OkStatus();
    for (std::string& token : tokens) token = ReplaceAll(token, suffix_, &token == &tokens.back() ? "" : " ");
    return OkStatus();
  }

 private:
  std::string suffix_;
};

class MetaspaceDecoder final : public Decoder {
 public:
  explicit MetaspaceDecoder(Metaspace metaspace) : prepends_(metaspace.prepend_scheme != PrependScheme::kNever) {
    unicode::Append(replacement_, metaspace.replacement);
  }
  Status Decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens)
      token = ReplaceAll(token, replacement_, prepends_ && &token == &tokens.front() ? "" : " ");
    return OkStatus();
  }

 private:
  std::string replacement_;
  bool prepends_;
};

class ReplaceDecoder final : public Decoder {
 public:
  ReplaceDecoder(Pattern pattern, std::string content) : pattern_(std::move(pattern)), content_(std::move(content)) {}
  Status Decode(std::vector<std::string>& tokens) const override {
    std::vector<Match> matches;
    for (std::string& token : tokens) {
      ONEDGE_RETURN_IF_ERROR(pattern_.Find(token, matches));
      std::string replaced;
      for (const Match& match : matches)
        match.is_match ? replaced.append(content_) : replaced.append(token, match.begin, match.end - match.begin);
      token = std::move(replaced);
    }
    return OkStatus();
  }

 private:
  Pattern pattern_;
  std::string content_;
};

// Removes up to `start` and `stop` copies of one character from the ends of each token.
class StripDecoder final : public Decoder {
 public:
  StripDecoder(std::string content, uint64_t start, uint64_t stop)
      : content_(std::move(content)), start_(start), stop_(stop) {}
  Status Decode(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      std::string_view text = token;
      for (uint64_t i = 0; i < start_ && text.starts_with(content_); ++i) text.remove_prefix(content_.size());
      for (uint64_t i = 0; i < stop_ && text.ends_with(content_); ++i) text.remove_suffix(content_.size());
      token = std::string(text);
    }
    return OkStatus();
  }

 private:
  std::string content_;
  uint64_t start_, stop_;
};

template <typename T, typename... Args>
DecoderResult MakeDecoder(Args&&... args) {
  return std::unique_ptr<const Decoder>(std::make_unique<T>(std::forward<Args>(args)...));
}

}  // namespace

DecoderResult ParseBpeDecoder(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(std::string suffix, json.StringMember("suffix"));
  return MakeDecoder<BpeDecoder>(std::move(suffix));
}

DecoderResult ParseMetaspaceDecoder(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Metaspace metaspace, ParseMetaspace(json));
  return MakeDecoder<MetaspaceDecoder>(metaspace);
}

DecoderResult ParseReplaceDecoder(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json pattern_json, json.Member("pattern"));
  ONEDGE_ASSIGN_OR_RETURN(Pattern pattern, Pattern::Parse(pattern_json));
  ONEDGE_ASSIGN_OR_RETURN(std::string content, json.StringMember("content"));
  return MakeDecoder<ReplaceDecoder>(std::move(pattern), std::move(content));
}

DecoderResult ParseStripDecoder(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json content_json, json.Member("content"));
  ONEDGE_ASSIGN_OR_RETURN(const std::string_view content, content_json.AsString());
  if (unicode::CountCodePoints(content) != 1) return content_json.Expected("one character");
  ONEDGE_ASSIGN_OR_RETURN(const Json start_json, json.Member("start"));
  ONEDGE_ASSIGN_OR_RETURN(const uint64_t start, start_json.AsCount());
  ONEDGE_ASSIGN_OR_RETURN(const Json stop_json, json.Member("stop"));
  ONEDGE_ASSIGN_OR_RETURN(const uint64_t stop, stop_json.AsCount());
  return MakeDecoder<StripDecoder>(std::string(content), start, stop);
}

}  // namespace onedge::tokenizer

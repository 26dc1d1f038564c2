#include "tokenizer/pattern.h"

#include <algorithm>

namespace onedge::tokenizer {

Result<Pattern> Pattern::Parse(const Json& json) {
  Pattern pattern;
  if (json.Find("String")) {
    ONEDGE_ASSIGN_OR_RETURN(pattern.text_, json.StringMember("String"));
    if (!pattern.text_.empty()) return pattern;
  } else {
    const auto regex = json.Find("Regex");
    if (!regex) return json.Expected("{\"String\": ...} or {\"Regex\": ...}");
    ONEDGE_ASSIGN_OR_RETURN(pattern.text_, json.StringMember("Regex"));
  }
  const std::string source = std::move(pattern.text_);
  pattern.text_.clear();
  pattern.known_ = KnownPattern::Find(source);
  if (pattern.known_) return pattern;
  pattern.matches_runs_of_spaces_ = source == " {2,}";
  Result<regex::Regex> regex = regex::Regex::Compile(source);
  if (!regex.ok() && regex.status().code() == StatusCode::kInvalidArgument)
    return CorruptFile(json.path(), ": ", regex.status().message());
  ONEDGE_RETURN_IF_ERROR(regex.status().WithContext(json.path()));
  pattern.regex_ = std::move(*regex);
  return pattern;
}

CutSet Pattern::KeptCuts() const {
  if (unicode::CountCodePoints(text_) == 1) return CutSet::All();
  // A run begins where the whitespace begins, unless the character before it disappears.
  const CutSet before_whitespace = CutSet::Between(kNotWhitespace & kAscii, kWhitespace);
  const auto is_space = [](char c) { return kWhitespace & ClassBit(ClassOf(static_cast<uint8_t>(c))); };
  const bool without_spaces = !text_.empty() && std::none_of(text_.begin(), text_.end(), is_space);
  return matches_runs_of_spaces_ || without_spaces ? before_whitespace : CutSet();
}

Status Pattern::Find(std::string_view text, std::vector<Match>& matches) const {
  matches.clear();
  uint32_t done = 0;
  const auto add = [&](uint32_t begin, uint32_t end) {
    if (done < begin) matches.push_back({done, begin, false});
    matches.push_back({begin, end, true});
    done = end;
  };
  const uint32_t size = static_cast<uint32_t>(text.size());
  if (text.empty()) return matches.push_back({0, 0, false}), OkStatus();
  if (!text_.empty()) {
    for (size_t at = 0; (at = text.find(text_, at)) != std::string_view::npos; at += text_.size())
      add(static_cast<uint32_t>(at), static_cast<uint32_t>(at + text_.size()));
  } else if (known_) {
    for (uint32_t at = 0; at < size;) {
      const uint32_t end = known_->End(text, at);
      if (end > at) add(at, end);
      at = end > at ? end : at + unicode::SequenceLength(text[at]);
    }
  } else {
    regex::Regex::Matches found(*regex_, text);
    for (uint32_t begin = 0, end = 0; found.Next(begin, end);) add(begin, end);
    ONEDGE_RETURN_IF_ERROR(found.status());
  }
  if (done < size) matches.push_back({done, size, false});
  return OkStatus();
}

}  // namespace onedge::tokenizer

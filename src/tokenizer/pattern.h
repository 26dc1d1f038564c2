// Pattern: what Split and Replace look for, a string or a regular expression. Immutable and safe to use from several
// threads at once.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/regex/regex.h"
#include "tokenizer/json.h"
#include "tokenizer/known_patterns.h"
#include "tokenizer/pre_tokenized_text.h"

namespace onedge::tokenizer {

class Pattern {
 public:
  // From {"String": ...} or {"Regex": ...}. CorruptFile: neither, or no regular expression; Unsupported: a regular
  // expression that needs what is not there.
  static Result<Pattern> Parse(const Json& json);

  // Sets `matches` to the whole of `text` in order: what matches, which may be empty, and what lies between.
  // ResourceExhausted: a regular expression that takes too long.
  Status Find(std::string_view text, std::vector<Match>& matches) const;

  bool matches_space() const { return text_ == " "; }
  // Where no match goes on.
  CutSet KeptCuts() const;
  // Where a match ends or something that is none, whatever else the text holds, and the rest is matched as if it were
  // all.
  CutSet MadeCuts() const { return known_ ? known_->MadeCuts() : CutSet(); }

 private:
  std::string text_;                   // unless empty, what is looked for
  std::optional<KnownPattern> known_;  // a regular expression that has a matcher of its own
  std::optional<regex::Regex> regex_;
  bool matches_runs_of_spaces_ = false;  // " {2,}"
};

}  // namespace onedge::tokenizer

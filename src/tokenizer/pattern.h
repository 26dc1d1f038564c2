// Pattern: the string or regular expression that Split and Replace search for. Immutable; several threads may use it at
// once.
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
  // From {"String": ...} or {"Regex": ...}. CorruptFile: neither, or not a valid regular expression. Unsupported: the
  // regular expression needs a feature that is not supported.
  static Result<Pattern> Parse(const Json& json);

  // Divides the whole of `text`, in order, into matches (which may be empty) and the stretches between them.
  // ResourceExhausted: the regular expression takes too long.
  Status Find(std::string_view text, std::vector<Match>& matches) const;

  bool matches_space() const { return text_ == " "; }
  // The positions that no match spans.
  CutSet KeptCuts() const;
  // The positions where a match or a stretch between matches always ends, whatever else the text holds, and from which
  // matching continues as at a new start.
  CutSet MadeCuts() const { return known_ ? known_->MadeCuts() : CutSet(); }

 private:
  std::string text_;                   // the string to search for, unless empty
  std::optional<KnownPattern> known_;  // a regular expression with its own matcher
  std::optional<regex::Regex> regex_;
  bool matches_runs_of_spaces_ = false;  // " {2,}"
};

}  // namespace onedge::tokenizer

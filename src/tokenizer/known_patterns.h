// KnownPattern: a handwritten matcher for each regular expression with which published tokenizers cut their text. Same
// matches as Regex, many times faster.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "text/unicode/utf8.h"
#include "tokenizer/cuts.h"

namespace onedge::tokenizer {

class KnownPattern {
 public:
  // nullopt: `regex` is not one of them, letter for letter.
  static std::optional<KnownPattern> Find(std::string_view regex);
  // The pattern of GPT-2, used by ByteLevel.
  static KnownPattern Gpt2();

  // The end of the match that begins at `begin`, or `begin` without a match.
  // REQUIRES: well-formed UTF-8, begin < text.size() at a character's start.
  uint32_t End(std::string_view text, uint32_t begin) const {
    ONEDGE_DCHECK(begin < text.size() && !unicode::IsContinuation(text[begin]));
    return end_(sets_.get(), text, begin);
  }

  // The positions where a match, or a part between matches, always ends, whatever the rest of the text.
  CutSet MadeCuts() const { return cuts_; }

  struct Sets;

 private:
  using EndFunction = uint32_t (*)(const Sets* sets, std::string_view text, uint32_t begin);
  KnownPattern(EndFunction end, std::shared_ptr<const Sets> sets, CutSet cuts)
      : end_(end), cuts_(cuts), sets_(std::move(sets)) {}

  EndFunction end_;
  CutSet cuts_;
  std::shared_ptr<const Sets> sets_;  // null if the letters and numbers of unicode::Flags are enough
};

}  // namespace onedge::tokenizer

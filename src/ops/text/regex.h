// Regex: RE2's syntax, run in time linear in the text, whatever the pattern (states of an NFA side
// by side, no backtracking). Without captures, Unicode classes (\p) and \Q: those are kUnsupported.
// Immutable.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::ops {

class Regex {
 public:
  // kInvalidArgument for a malformed pattern, kUnsupported for what is not implemented or grows too
  // large.
  static Result<Regex> Compile(std::string_view pattern);

  // True when the whole of `text` (UTF-8) matches.
  bool FullMatch(std::string_view text) const;

  struct Range {
    uint32_t first, last;  // code points, inclusive
  };
  enum class Step : uint8_t {
    kRanges,
    kSplit,
    kTextStart,
    kTextEnd,
    kLineStart,
    kLineEnd,
    kWordBoundary,
    kNoWordBoundary,
    kMatch
  };
  struct Instruction {
    Step step;
    uint32_t next = 0;
    uint32_t other = 0;  // kSplit: the second way on
    std::vector<Range> ranges = {};
  };

 private:
  class StateSet;
  void Follow(uint32_t state, std::string_view text, size_t position, uint32_t previous, StateSet& out) const;

  std::vector<Instruction> program_;  // starts at 0
};

}  // namespace onedge::ops

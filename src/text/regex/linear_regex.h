// LinearRegex: RE2's syntax, for the operator RegexFullMatch. Immutable.
// Separate from Regex, because RE2 guarantees time linear in the text for every pattern: LinearRegex follows all states
// of an NFA at the same time. Regex backtracks, because Oniguruma's look-around and references need it.
// Not supported: captures, Unicode classes (\p) and \Q.
#pragma once

#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/regex/code_point_set.h"

namespace onedge::regex {

class LinearRegex {
 public:
  // InvalidArgument: a malformed pattern. Unsupported: the pattern needs syntax that is not implemented, or is too
  // large.
  static Result<LinearRegex> Compile(std::string_view pattern);

  // True if the whole `text` matches. A byte that is not UTF-8 reads as U+FFFD.
  bool FullMatch(std::string_view text) const;

  enum class Step : uint8_t {
    kSet,
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
    uint32_t other = 0;  // kSplit: the second successor
    uint32_t set = 0;    // kSet: index of the set
  };

 private:
  class StateSet;
  void Follow(uint32_t state, std::string_view text, size_t position, char32_t previous, StateSet& out) const;

  std::vector<Instruction> program_;  // starts at 0
  std::vector<CodePointSet> sets_;
};

}  // namespace onedge::regex

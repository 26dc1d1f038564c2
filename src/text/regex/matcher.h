// Matcher: runs a Program over one text. Not thread-safe.
#pragma once

#include <string_view>
#include <vector>

#include "text/regex/program.h"

namespace onedge::regex {

class Matcher {
 public:
  Matcher(const Program& program, std::string_view text);

  // The first match at or after `from`. False: no match, or out_of_steps().
  bool Find(uint32_t from, uint32_t& begin, uint32_t& end);
  // Moves `position` over a code point; false at the end.
  bool Advance(uint32_t& position) const;
  bool out_of_steps() const { return steps_ == 0; }

 private:
  // An alternative to try after a failure.
  struct Choice {
    enum Kind : uint8_t { kTry, kShorten, kLengthen, kRestore } kind;
    uint32_t pc, position, limit;  // kRestore: register, value
  };

  // Runs from `pc` to an accept. `top`: not in the body of a look or of an atomic group.
  bool Run(uint32_t pc, uint32_t position, bool top, uint32_t& end);
  bool Step(const Instruction& instruction, uint32_t& pc, uint32_t& position);
  bool Loop(const Instruction& instruction, uint32_t& pc, uint32_t& position);
  bool Backtrack(size_t base, bool top, uint32_t& pc, uint32_t& position);
  bool LookBack(const Instruction& instruction, uint32_t pc, uint32_t position);
  bool Reference(const Instruction& instruction, uint32_t& position) const;
  bool Holds(Anchor anchor, uint32_t position) const;
  bool IsWordAt(uint32_t position) const;
  bool IsWordBefore(uint32_t position) const;
  void Set(uint32_t index, uint32_t value);
  bool Remembers(bool top) const;
  // Whether this choice was tried before and failed; records it.
  bool Tried(uint32_t pc, uint32_t position);

  const Program& program_;
  std::string_view text_;
  uint32_t size_;
  uint32_t search_begin_ = 0;
  uint64_t steps_;  // remaining
  uint64_t choices_ = 0;
  std::vector<Choice> stack_;
  std::vector<uint32_t> registers_;
  std::vector<uint64_t> tried_;  // open addressing, a power of two; 0: empty
  size_t tried_count_ = 0;
};

}  // namespace onedge::regex

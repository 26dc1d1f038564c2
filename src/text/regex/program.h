// The compiled form of a regular expression: instructions for a machine that backtracks. Internal to the regex folder.
#pragma once

#include <bitset>

#include "text/regex/syntax.h"

namespace onedge::regex {

enum class Op : uint8_t {
  kSet,        // one code point of sets[x]
  kSetLoop,    // min to max of sets[x], by greed
  kSplit,      // on at x; when that fails, at y. first_bytes[z], unless kNoFilter, says which bytes x can begin with
  kJump,       // on at x
  kAnchor,     // Anchor(x)
  kLook,       // the body that follows, up to its kAccept before x, matches here (flag: does not), and takes nothing
  kLookBack,   // the same of text of min to max code points that ends here
  kAtomic,     // the body that follows, up to its kAccept before x
  kSave,       // register x = here
  kReference,  // what is between registers x and x + 1 (flag: in any case)
  kProgress,   // on at y unless here is beyond register x: a round of a loop that took nothing ends it
  kAccept,
};

constexpr uint32_t kNoFilter = UINT32_MAX;

struct Instruction {
  Op op;
  bool flag = false;
  Greed greed = Greed::kGreedy;
  uint32_t x = 0, y = 0, z = kNoFilter;
  uint32_t min = 0, max = 0;
};

using FirstBytes = std::bitset<256>;

struct Program {
  static constexpr uint32_t kKeepRegister = 0;  // where \K was; then two for each group, then one for each loop

  std::vector<Instruction> code;
  std::vector<CodePointSet> sets;
  std::vector<FirstBytes> first_bytes;
  uint32_t start_filter = kNoFilter;  // bytes that a match can begin with
  uint32_t registers = 1;
  bool has_references = false;
};

// Unsupported: more than 2^16 instructions.
Result<Program> Compile(Syntax syntax, std::string_view pattern);

}  // namespace onedge::regex

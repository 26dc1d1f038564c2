// The compiled form of a regular expression: instructions for a backtracking machine. Internal to this folder.
#pragma once

#include <bitset>

#include "text/regex/syntax.h"

namespace onedge::regex {

enum class Op : uint8_t {
  kSet,        // one code point of sets[x]
  kSetLoop,    // min to max of sets[x], greedy
  kSplit,      // continue at x; if that fails, at y. first_bytes[z], unless kNoFilter: bytes that can begin x
  kJump,       // continue at x
  kAnchor,     // Anchor(x)
  kLook,       // the body that follows, up to its kAccept before x, matches here (flag: does not); consumes nothing
  kLookBack,   // the same for min to max code points of text that end here
  kAtomic,     // the body that follows, up to its kAccept before x
  kSave,       // register x = here
  kReference,  // the text between registers x and x + 1 (flag: ignoring case)
  kProgress,   // continue at y unless here is beyond register x: an empty round ends a loop
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
  static constexpr uint32_t kKeepRegister = 0;  // position of \K; then two for each group, then one for each loop

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

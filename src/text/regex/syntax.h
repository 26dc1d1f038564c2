// The parsed form of a regular expression. Internal to this folder.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "text/regex/code_point_set.h"

namespace onedge::regex {

constexpr uint32_t kUnlimited = UINT32_MAX;

enum class Greed : uint8_t { kGreedy, kLazy, kPossessive };

enum class Anchor : uint8_t {
  kTextBegin,         // \A
  kTextEnd,           // \z
  kTextEndOrNewline,  // \Z
  kLineBegin,         // ^
  kLineEnd,           // $
  kWordBoundary,      // \b
  kNoWordBoundary,    // \B
  kSearchBegin,       // \G
  kBodyEnd,           // required end of a look-behind
};

enum class NodeKind : uint8_t {
  kSequence,     // children in order; none: the empty match
  kAlternation,  // children: the first one that leads to a match
  kSet,          // one code point of sets[value]
  kRepeat,       // its child min to max times
  kCapture,      // its child, remembered as group `value`
  kReference,    // the text that group `value` matched; `flag`: ignoring case
  kAnchor,       // Anchor(value)
  kAtomic,       // its child, without backtracking into it
  kLookahead,    // its child matches here (`flag`: does not); consumes nothing
  kLookbehind,   // its child matches up to here (`flag`: does not)
  kKeep,         // \K: the match begins here
};

struct Node {
  NodeKind kind;
  uint32_t value = 0;
  bool flag = false;
  Greed greed = Greed::kGreedy;
  uint32_t min = 0, max = 0;  // kRepeat
  std::vector<uint32_t> children = {};
};

struct Syntax {
  std::vector<Node> nodes;
  std::vector<CodePointSet> sets;
  uint32_t root = 0;
  uint32_t groups = 0;  // captures are 1 to groups
  bool has_references = false;
};

// Oniguruma's default syntax. InvalidArgument: not a regular expression. Unsupported: the message names the syntax
// (subexpression calls, conditions, absent operators, callouts, text segments).
Result<Syntax> Parse(std::string_view pattern);

}  // namespace onedge::regex

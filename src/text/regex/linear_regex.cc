#include "text/regex/linear_regex.h"

#include "text/regex/linear_parser.h"
#include "text/unicode/utf8.h"

namespace onedge::regex {
namespace {

constexpr char32_t kNothing = static_cast<char32_t>(-1);

bool IsAsciiWord(char32_t c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

// The states of the NFA; adding one twice has no effect.
class LinearRegex::StateSet {
 public:
  explicit StateSet(size_t size) : member_(size) {}
  bool Add(uint32_t state) {
    if (member_[state]) return false;
    member_[state] = true;
    states.push_back(state);
    return true;
  }
  void Clear() {
    for (uint32_t state : states) member_[state] = false;
    states.clear();
  }
  std::vector<uint32_t> states;

 private:
  std::vector<bool> member_;
};

Result<LinearRegex> LinearRegex::Compile(std::string_view pattern) {
  LinearRegex regex;
  ONEDGE_RETURN_IF_ERROR(ParseLinear(pattern, regex.program_, regex.sets_));
  for (CodePointSet& set : regex.sets_) set.Finish();
  return regex;
}

// Adds `state` and all states that it reaches without reading. `previous` is the code point before `position`.
void LinearRegex::Follow(uint32_t state, std::string_view text, size_t position, char32_t previous,
                         StateSet& out) const {
  char32_t next = kNothing;
  if (position < text.size()) {
    size_t peek = position;
    next = unicode::NextOrReplacement(text, peek);
  }
  std::vector<uint32_t> open = {state};
  while (!open.empty()) {
    const uint32_t here = open.back();
    open.pop_back();
    if (!out.Add(here)) continue;
    const Instruction& instruction = program_[here];
    bool holds = false;
    switch (instruction.step) {
      case Step::kSet:
      case Step::kMatch:
        continue;
      case Step::kSplit:
        open.push_back(instruction.other);
        holds = true;
        break;
      case Step::kTextStart:
        holds = previous == kNothing;
        break;
      case Step::kTextEnd:
        holds = next == kNothing;
        break;
      case Step::kLineStart:
        holds = previous == kNothing || previous == '\n';
        break;
      case Step::kLineEnd:
        holds = next == kNothing || next == '\n';
        break;
      case Step::kWordBoundary:
        holds = IsAsciiWord(previous) != IsAsciiWord(next);
        break;
      case Step::kNoWordBoundary:
        holds = IsAsciiWord(previous) == IsAsciiWord(next);
        break;
    }
    if (holds) open.push_back(instruction.next);
  }
}

bool LinearRegex::FullMatch(std::string_view text) const {
  StateSet current(program_.size());
  StateSet after(program_.size());
  Follow(0, text, 0, kNothing, current);
  for (size_t position = 0; position < text.size() && !current.states.empty();) {
    const char32_t c = unicode::NextOrReplacement(text, position);
    after.Clear();
    for (uint32_t state : current.states) {
      const Instruction& instruction = program_[state];
      if (instruction.step == Step::kSet && sets_[instruction.set].Contains(c))
        Follow(instruction.next, text, position, c, after);
    }
    std::swap(current, after);
  }
  for (uint32_t state : current.states) {
    if (program_[state].step == Step::kMatch) return true;
  }
  return false;
}

}  // namespace onedge::regex

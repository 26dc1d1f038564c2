#include "text/regex/matcher.h"

#include <algorithm>
#include <utility>

#include "base/hash.h"
#include "text/regex/regex.h"
#include "text/unicode/properties.h"
#include "text/unicode/utf8.h"

namespace onedge::regex {
namespace {

// Limit for the steps on a text, plus a number for each byte: seconds in the worst case.
constexpr uint64_t kSteps = 20'000'000, kStepsPerByte = 200;
// Failures are recorded after this many choices of a search; normal searches make fewer.
constexpr uint64_t kRememberAfter = 1000;
constexpr size_t kMaxRemembered = size_t{1} << 22;
constexpr uint32_t kArrived = uint32_t{1} << 31;  // distinguishes arrival at an instruction from continuation there

// LoneWordSet.
bool IsWord(char32_t c) {
  if (c == 0xB2 || c == 0xB3 || c == 0xB9 || (c >= 0xBC && c <= 0xBE)) return true;
  return (unicode::Flags(c) & unicode::kWord) && c != 0x200C && c != 0x200D;
}

char32_t Folded(char32_t c) {
  if (c == 0x17F) return 's';
  if (c == 0x3C2) return 0x3C3;
  return c == unicode::kDottedCapitalI ? c : unicode::Lowercase(c);
}

}  // namespace

Matcher::Matcher(const Program& program, std::string_view text)
    : program_(program),
      text_(text),
      size_(static_cast<uint32_t>(text.size())),
      steps_(kSteps + kStepsPerByte * text.size()),
      registers_(program.registers, UINT32_MAX) {}

bool Matcher::Find(uint32_t from, uint32_t& begin, uint32_t& end) {
  search_begin_ = from;
  choices_ = 0;
  tried_.clear();
  tried_count_ = 0;
  const FirstBytes* filter =
      program_.start_filter == kNoFilter ? nullptr : &program_.first_bytes[program_.start_filter];
  for (uint32_t start = from;; start += unicode::SequenceLength(text_[start])) {
    if (filter) {
      while (start < size_ && !filter->test(static_cast<uint8_t>(text_[start])))
        start += unicode::SequenceLength(text_[start]);
      if (start >= size_) return false;
    }
    registers_[Program::kKeepRegister] = UINT32_MAX;
    if (program_.has_references) std::fill(registers_.begin(), registers_.end(), UINT32_MAX);
    if (Run(0, start, /*top=*/true, end)) {
      const uint32_t kept = registers_[Program::kKeepRegister];
      begin = kept == UINT32_MAX ? start : kept;
      stack_.clear();
      return true;
    }
    if (steps_ == 0 || start >= size_) return false;
  }
}

bool Matcher::Advance(uint32_t& position) const {
  if (position >= size_) return false;
  position += unicode::SequenceLength(text_[position]);
  return true;
}

bool Matcher::Run(uint32_t pc, uint32_t position, bool top, uint32_t& end) {
  const size_t base = stack_.size();
  for (;;) {
    if (steps_ == 0) return false;
    --steps_;
    const Instruction& instruction = program_.code[pc];
    if (instruction.op == Op::kAccept) {
      end = position;
      // Registers keep their values; untried choices are dropped.
      const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(base);
      stack_.erase(std::remove_if(first, stack_.end(), [](const Choice& c) { return c.kind != Choice::kRestore; }),
                   stack_.end());
      return true;
    }
    // A choice reached before either failed or will still be tried from there.
    const bool again = instruction.op == Op::kSplit && Remembers(top) && Tried(pc | kArrived, position);
    if ((again || !Step(instruction, pc, position)) && !Backtrack(base, top, pc, position)) return false;
  }
}

bool Matcher::Step(const Instruction& instruction, uint32_t& pc, uint32_t& position) {
  switch (instruction.op) {
    case Op::kSet: {
      if (position == size_ || !program_.sets[instruction.x].Contains(unicode::At(text_, position))) return false;
      position += unicode::SequenceLength(text_[position]);
      break;
    }
    case Op::kSetLoop:
      return Loop(instruction, pc, position);
    case Op::kSplit:
      if (instruction.z != kNoFilter &&
          (position == size_ || !program_.first_bytes[instruction.z].test(static_cast<uint8_t>(text_[position])))) {
        pc = instruction.y;
        return true;
      }
      stack_.push_back({Choice::kTry, instruction.y, position, 0});
      pc = instruction.x;
      return true;
    case Op::kJump:
      pc = instruction.x;
      return true;
    case Op::kAnchor:
      if (!Holds(static_cast<Anchor>(instruction.x), position)) return false;
      break;
    case Op::kLook: {
      uint32_t unused;
      if (Run(pc + 1, position, /*top=*/false, unused) == instruction.flag) return false;
      pc = instruction.x;
      return true;
    }
    case Op::kLookBack:
      if (LookBack(instruction, pc, position) == instruction.flag) return false;
      pc = instruction.x;
      return true;
    case Op::kAtomic:
      if (!Run(pc + 1, position, /*top=*/false, position)) return false;
      pc = instruction.x;
      return true;
    case Op::kSave:
      Set(instruction.x, position);
      break;
    case Op::kReference:
      if (!Reference(instruction, position)) return false;
      break;
    case Op::kProgress:
      if (registers_[instruction.x] == position) {
        pc = instruction.y;
        return true;
      }
      break;
    case Op::kAccept:
      return false;
  }
  ++pc;
  return true;
}

bool Matcher::Loop(const Instruction& instruction, uint32_t& pc, uint32_t& position) {
  const CodePointSet& set = program_.sets[instruction.x];
  const uint32_t wanted = instruction.greed == Greed::kLazy ? instruction.min : instruction.max;
  const char* const start = text_.data();
  const char* const text_end = start + size_;
  const char* p = start + position;
  const char* least = instruction.min == 0 ? p : nullptr;
  uint32_t count = 0;
  while (count < wanted && p != text_end) {
    const char* next = p;
    if (!set.Contains(unicode::Next(next))) break;
    p = next;
    if (++count == instruction.min) least = p;
  }
  steps_ -= std::min<uint64_t>(steps_, count / 16);
  if (count < instruction.min) return false;
  const uint32_t end = static_cast<uint32_t>(p - start);
  if (instruction.greed == Greed::kGreedy && p != least)
    stack_.push_back({Choice::kShorten, pc, end, static_cast<uint32_t>(least - start)});
  if (instruction.greed == Greed::kLazy && instruction.max > instruction.min)
    stack_.push_back({Choice::kLengthen, pc, end, instruction.max - instruction.min});
  position = end;
  ++pc;
  return true;
}

bool Matcher::Backtrack(size_t base, bool top, uint32_t& pc, uint32_t& position) {
  while (stack_.size() > base) {
    if (steps_ == 0) return false;
    Choice choice = stack_.back();
    stack_.pop_back();
    if (choice.kind == Choice::kRestore) {
      registers_[choice.pc] = choice.position;
      continue;
    }
    --steps_;
    if (choice.kind == Choice::kTry) {
      pc = choice.pc;
      position = choice.position;
    } else if (choice.kind == Choice::kShorten) {
      do --choice.position;
      while (unicode::IsContinuation(text_[choice.position]));
      if (choice.position > choice.limit) stack_.push_back(choice);
      pc = choice.pc + 1;
      position = choice.position;
    } else {
      const CodePointSet& set = program_.sets[program_.code[choice.pc].x];
      if (choice.position == size_ || !set.Contains(unicode::At(text_, choice.position))) continue;
      choice.position += unicode::SequenceLength(text_[choice.position]);
      if (choice.limit != kUnlimited) --choice.limit;
      if (choice.limit > 0) stack_.push_back(choice);
      pc = choice.pc + 1;
      position = choice.position;
    }
    ++choices_;
    if (Remembers(top) && Tried(pc, position)) continue;
    return true;
  }
  return false;
}

// The result of the body of a look or an atomic group depends on the caller, and references depend on earlier matches.
bool Matcher::Remembers(bool top) const { return top && !program_.has_references && choices_ > kRememberAfter; }

bool Matcher::Tried(uint32_t pc, uint32_t position) {
  if (tried_count_ >= kMaxRemembered) return false;
  if (tried_.size() < 2 * (tried_count_ + 1)) {
    std::vector<uint64_t> old(std::max<size_t>(256, 4 * tried_.size()));
    old.swap(tried_);
    for (const uint64_t key : old) {
      if (key == 0) continue;
      size_t slot = MixBits(key) & (tried_.size() - 1);
      while (tried_[slot] != 0) slot = (slot + 1) & (tried_.size() - 1);
      tried_[slot] = key;
    }
  }
  const uint64_t key = (uint64_t{pc} << 32 | position) + 1;
  size_t slot = MixBits(key) & (tried_.size() - 1);
  while (tried_[slot] != 0) {
    if (tried_[slot] == key) return true;
    slot = (slot + 1) & (tried_.size() - 1);
  }
  tried_[slot] = key;
  ++tried_count_;
  return false;
}

bool Matcher::LookBack(const Instruction& instruction, uint32_t pc, uint32_t position) {
  uint32_t start = position;
  for (uint32_t width = 0; width <= instruction.max; ++width) {
    if (width >= instruction.min) {
      const uint32_t size = std::exchange(size_, position);  // the body cannot pass this position, and must end here
      uint32_t end = 0;
      const bool found = Run(pc + 1, start, /*top=*/false, end);
      size_ = size;
      if (found) return true;
    }
    if (start == 0 || steps_ == 0) return false;
    do --start;
    while (unicode::IsContinuation(text_[start]));
  }
  return false;
}

bool Matcher::Reference(const Instruction& instruction, uint32_t& position) const {
  const uint32_t begin = registers_[instruction.x], end = registers_[instruction.x + 1];
  if (begin == UINT32_MAX || end == UINT32_MAX || end < begin) return false;
  const std::string_view wanted = text_.substr(begin, end - begin);
  if (!instruction.flag) {
    if (size_ - position < wanted.size() || text_.substr(position, wanted.size()) != wanted) return false;
    position += static_cast<uint32_t>(wanted.size());
    return true;
  }
  const char* p = text_.data() + position;
  for (const char* w = wanted.data(); w != wanted.data() + wanted.size();) {
    if (p == text_.data() + size_ || Folded(unicode::Next(w)) != Folded(unicode::Next(p))) return false;
  }
  position = static_cast<uint32_t>(p - text_.data());
  return true;
}

bool Matcher::IsWordAt(uint32_t position) const {
  return position < text_.size() && IsWord(unicode::At(text_, position));
}

bool Matcher::IsWordBefore(uint32_t position) const { return position > 0 && IsWord(unicode::Before(text_, position)); }

bool Matcher::Holds(Anchor anchor, uint32_t position) const {
  const uint32_t size = static_cast<uint32_t>(text_.size());
  switch (anchor) {
    case Anchor::kTextBegin:
      return position == 0;
    case Anchor::kTextEnd:
      return position == size;
    case Anchor::kTextEndOrNewline:
      return position == size || (position + 1 == size && text_[position] == '\n');
    case Anchor::kLineBegin:
      return position == 0 || (position < size && text_[position - 1] == '\n');
    case Anchor::kLineEnd:
      return position == size || text_[position] == '\n';
    case Anchor::kWordBoundary:
      return IsWordBefore(position) != IsWordAt(position);
    case Anchor::kNoWordBoundary:
      return IsWordBefore(position) == IsWordAt(position);
    case Anchor::kSearchBegin:
      return position == search_begin_;
    case Anchor::kBodyEnd:
      return position == size_;
  }
  return false;
}

void Matcher::Set(uint32_t index, uint32_t value) {
  stack_.push_back({Choice::kRestore, index, registers_[index], 0});
  registers_[index] = value;
}

Result<Regex> Regex::Compile(std::string_view pattern) {
  ONEDGE_DCHECK(unicode::IsWellFormed(pattern));
  ONEDGE_ASSIGN_OR_RETURN(Syntax syntax, Parse(pattern));
  ONEDGE_ASSIGN_OR_RETURN(Program program, regex::Compile(std::move(syntax), pattern));
  return Regex(std::move(program));
}

Regex::Matches::Matches(const Regex& regex, std::string_view text)
    : matcher_(std::make_unique<Matcher>(regex.program_, text)) {
  ONEDGE_DCHECK(unicode::IsWellFormed(text));
}
Regex::Matches::~Matches() = default;

bool Regex::Matches::Next(uint32_t& begin, uint32_t& end) {
  while (matcher_ && matcher_->Find(from_, begin, end)) {
    const bool empty = begin == end;
    const bool touches = empty && end == previous_end_;
    from_ = end;
    if (!touches) previous_end_ = end;
    if (!touches) return true;
    if (!matcher_->Advance(from_)) break;
  }
  if (matcher_ && matcher_->out_of_steps())
    status_ = ResourceExhausted("a regular expression takes too many steps on this text");
  matcher_.reset();
  return false;
}

}  // namespace onedge::regex

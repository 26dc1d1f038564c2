#include "text/regex/linear_parser.h"

#include <algorithm>
#include <optional>

#include "text/unicode/utf8.h"

namespace onedge::regex {
namespace {

using Step = LinearRegex::Step;
using Instruction = LinearRegex::Instruction;

constexpr int kDeepestGroup = 200;
constexpr uint32_t kMostRepeats = 1000;  // RE2's own limit
constexpr uint32_t kEndless = static_cast<uint32_t>(-1);
constexpr size_t kLargestProgram = 100000;
constexpr uint32_t kLastCodePoint = CodePointSet::kLimit - 1;

struct Expression {
  enum class Kind : uint8_t { kEmpty, kSet, kAssertion, kSequence, kChoice, kRepeat };
  Kind kind = Kind::kEmpty;
  Step assertion = Step::kMatch;
  uint32_t set = 0;  // kSet: index of the set
  std::vector<Expression> parts;
  uint32_t least = 0;
  uint32_t most = 0;
};
using Kind = Expression::Kind;

CodePointSet Negated(CodePointSet set) {
  set.Complement();
  return set;
}

// \d, \w, \s; in capitals, their complements.
std::optional<CodePointSet> PerlClass(uint32_t letter) {
  switch (letter) {
    case 'd':
      return CodePointSet{{'0', '9'}};
    case 'w':
      return CodePointSet{{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
    case 's':
      return CodePointSet{{'\t', '\n'}, {'\f', '\r'}, {' ', ' '}};
    case 'D':
    case 'W':
    case 'S':
      return Negated(*PerlClass(letter + 32));
    default:
      return std::nullopt;
  }
}

std::optional<CodePointSet> PosixClass(std::string_view name) {
  if (name == "alpha") return CodePointSet{{'A', 'Z'}, {'a', 'z'}};
  if (name == "digit") return CodePointSet{{'0', '9'}};
  if (name == "alnum") return CodePointSet{{'0', '9'}, {'A', 'Z'}, {'a', 'z'}};
  if (name == "upper") return CodePointSet{{'A', 'Z'}};
  if (name == "lower") return CodePointSet{{'a', 'z'}};
  if (name == "space") return CodePointSet{{'\t', '\r'}, {' ', ' '}};
  if (name == "blank") return CodePointSet{{'\t', '\t'}, {' ', ' '}};
  if (name == "punct") return CodePointSet{{'!', '/'}, {':', '@'}, {'[', '`'}, {'{', '~'}};
  if (name == "word") return PerlClass('w');
  if (name == "xdigit") return CodePointSet{{'0', '9'}, {'A', 'F'}, {'a', 'f'}};
  if (name == "cntrl") return CodePointSet{{0, 31}, {127, 127}};
  if (name == "print") return CodePointSet{{' ', '~'}};
  if (name == "graph") return CodePointSet{{'!', '~'}};
  if (name == "ascii") return CodePointSet{{0, 127}};
  return std::nullopt;
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  Result<Expression> ParseAll() {
    ONEDGE_ASSIGN_OR_RETURN(Expression all, ParseChoice(0));
    if (!AtEnd()) return Malformed("an unmatched )");
    return all;
  }

  std::vector<CodePointSet> sets;

 private:
  struct Flags {
    bool ignore_case = false;
    bool multi_line = false;
    bool dot_newline = false;
  };

  bool AtEnd() const { return position_ >= pattern_.size(); }
  char Peek() const { return AtEnd() ? '\0' : pattern_[position_]; }
  bool Take(std::string_view what) {
    if (pattern_.substr(position_, what.size()) != what) return false;
    position_ += what.size();
    return true;
  }
  Status Malformed(std::string_view why) const {
    return InvalidArgument("the pattern '", pattern_, "' has ", why, " near byte ", position_);
  }
  Status NotSupported(std::string_view what) const {
    return Unsupported("the pattern '", pattern_, "': ", what, " near byte ", position_);
  }

  Result<Expression> ParseChoice(int depth) {
    if (depth > kDeepestGroup) return NotSupported("groups nested too deeply");
    Expression choice;
    choice.kind = Kind::kChoice;
    do {
      Expression sequence;
      sequence.kind = Kind::kSequence;
      while (!AtEnd() && Peek() != '|' && Peek() != ')') {
        ONEDGE_ASSIGN_OR_RETURN(Expression atom, ParseAtom(depth));
        ONEDGE_ASSIGN_OR_RETURN(atom, ParseRepeats(std::move(atom)));
        sequence.parts.push_back(std::move(atom));
      }
      choice.parts.push_back(std::move(sequence));
    } while (Take("|"));
    return choice;
  }

  Result<Expression> ParseRepeats(Expression atom) {
    int repeats = 0;
    while (!AtEnd()) {
      uint32_t least = 0;
      uint32_t most = kEndless;
      const size_t start = position_;
      if (Take("*")) {
      } else if (Take("+")) {
        least = 1;
      } else if (Take("?")) {
        most = 1;
      } else if (!Take("{") || !ParseCounts(least, most)) {
        position_ = start;  // a { that does not start a count is a literal
        break;
      }
      if (least > kMostRepeats || (most != kEndless && (most > kMostRepeats || most < least))) {
        return Malformed("a repeat out of range");
      }
      if (++repeats > 1) return Malformed("a repeat of a repeat");
      Take("?");  // lazy or greedy: the same for a full match
      Expression repeat;
      repeat.kind = Kind::kRepeat;
      repeat.least = least;
      repeat.most = most;
      repeat.parts.push_back(std::move(atom));
      atom = std::move(repeat);
    }
    return atom;
  }

  // "m}", "m,}" or "m,n}"
  bool ParseCounts(uint32_t& least, uint32_t& most) {
    if (!ParseNumber(least)) return false;
    most = least;
    if (Take(",")) {
      most = kEndless;
      if (Peek() != '}' && !ParseNumber(most)) return false;
    }
    return Take("}");
  }
  bool ParseNumber(uint32_t& number) {
    const size_t start = position_;
    number = 0;
    for (; Peek() >= '0' && Peek() <= '9'; ++position_) {
      number = std::min<uint32_t>(number * 10 + static_cast<uint32_t>(Peek() - '0'), kMostRepeats + 1);
    }
    return position_ > start;
  }

  static Expression Assertion(Step step) {
    Expression out;
    out.kind = Kind::kAssertion;
    out.assertion = step;
    return out;
  }
  Expression OneOf(CodePointSet set) {
    if (flags_.ignore_case) set.CloseOverCase();
    return InSet(std::move(set));
  }
  Expression InSet(CodePointSet set) {
    Expression out;
    out.kind = Kind::kSet;
    out.set = static_cast<uint32_t>(sets.size());
    sets.push_back(std::move(set));
    return out;
  }

  Result<Expression> ParseAtom(int depth) {
    if (Take("(")) return ParseGroup(depth);
    if (Take("[")) return ParseBracket();
    if (Take("\\")) return ParseEscape();
    if (Take("^")) return Assertion(flags_.multi_line ? Step::kLineStart : Step::kTextStart);
    if (Take("$")) return Assertion(flags_.multi_line ? Step::kLineEnd : Step::kTextEnd);
    if (Take(".")) {
      return OneOf(flags_.dot_newline ? CodePointSet{{0, kLastCodePoint}} : Negated({{'\n', '\n'}}));
    }
    if (Peek() == '*' || Peek() == '+' || Peek() == '?') return Malformed("a repeat of nothing");
    const char32_t literal = unicode::NextOrReplacement(pattern_, position_);
    return OneOf({{literal, literal}});
  }

  Result<Expression> ParseGroup(int depth) {
    const Flags outer = flags_;
    if (Take("?")) {
      if (Take("P<") || Take("<")) {
        const size_t end = pattern_.find('>', position_);
        if (end == std::string_view::npos) return Malformed("an unfinished group name");
        position_ = end + 1;
      } else {
        ONEDGE_RETURN_IF_ERROR(ParseFlags());
        if (Take(")")) return Expression();  // (?i): from here to the end of the enclosing group
        if (!Take(":")) return Malformed("an unknown kind of group");
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(Expression inner, ParseChoice(depth + 1));
    if (!Take(")")) return Malformed("an unfinished group");
    flags_ = outer;
    return inner;
  }

  Status ParseFlags() {
    bool value = true;
    for (; !AtEnd() && Peek() != ':' && Peek() != ')'; ++position_) {
      switch (Peek()) {
        case '-':
          value = false;
          break;
        case 'i':
          flags_.ignore_case = value;
          break;
        case 'm':
          flags_.multi_line = value;
          break;
        case 's':
          flags_.dot_newline = value;
          break;
        case 'U':
          break;  // swaps greedy and lazy
        default:
          return Malformed("an unknown flag");
      }
    }
    return OkStatus();
  }

  Result<Expression> ParseEscape() {
    switch (Peek()) {
      case 'b':
        ++position_;
        return Assertion(Step::kWordBoundary);
      case 'B':
        ++position_;
        return Assertion(Step::kNoWordBoundary);
      case 'A':
        ++position_;
        return Assertion(Step::kTextStart);
      case 'z':
        ++position_;
        return Assertion(Step::kTextEnd);
      default:
        break;
    }
    if (const auto set = PerlClass(static_cast<uint8_t>(Peek()))) {
      ++position_;
      return OneOf(*set);
    }
    ONEDGE_ASSIGN_OR_RETURN(const char32_t literal, ParseEscapedCharacter());
    return OneOf({{literal, literal}});
  }

  // After the backslash.
  Result<char32_t> ParseEscapedCharacter() {
    if (AtEnd()) return Malformed("a lone backslash");
    const char c = Peek();
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter) return unicode::NextOrReplacement(pattern_, position_);
    ++position_;
    switch (c) {
      case 'n':
        return char32_t{'\n'};
      case 't':
        return char32_t{'\t'};
      case 'r':
        return char32_t{'\r'};
      case 'f':
        return char32_t{'\f'};
      case 'v':
        return char32_t{'\v'};
      case 'a':
        return char32_t{'\a'};
      case 'x':
        return ParseHex();
      default:
        return NotSupported("this escape");
    }
  }

  // "41" or "{10ffff}"
  Result<char32_t> ParseHex() {
    const bool braces = Take("{");
    char32_t value = 0;
    size_t digits = 0;
    for (; !AtEnd() && digits < (braces ? 8u : 2u); ++digits, ++position_) {
      const char c = Peek();
      if (c >= '0' && c <= '9') {
        value = value * 16 + static_cast<char32_t>(c - '0');
      } else if ((c | 32) >= 'a' && (c | 32) <= 'f') {
        value = value * 16 + static_cast<char32_t>((c | 32) - 'a' + 10);
      } else {
        break;
      }
    }
    if (digits == 0 || (!braces && digits != 2) || (braces && !Take("}")) || value > kLastCodePoint) {
      return Malformed("a bad \\x");
    }
    return value;
  }

  Result<Expression> ParseBracket() {
    const bool negated = Take("^");
    CodePointSet set;
    for (bool first = true; first || Peek() != ']'; first = false) {
      if (AtEnd()) return Malformed("an unfinished [");
      if (Take("[:")) {
        const size_t end = pattern_.find(":]", position_);
        if (end == std::string_view::npos) return Malformed("an unfinished [:");
        std::string_view name = pattern_.substr(position_, end - position_);
        const bool opposite = name.starts_with('^');
        const auto named = PosixClass(name.substr(opposite));
        if (!named) return Malformed("an unknown class name");
        position_ = end + 2;
        set.Add(opposite ? Negated(*named) : *named);
        continue;
      }
      if (Peek() == '\\' && position_ + 1 < pattern_.size()) {
        if (const auto named = PerlClass(static_cast<uint8_t>(pattern_[position_ + 1]))) {
          position_ += 2;
          set.Add(*named);
          continue;
        }
      }
      ONEDGE_ASSIGN_OR_RETURN(const char32_t low, ParseBracketCharacter());
      char32_t high = low;
      if (Peek() == '-' && position_ + 1 < pattern_.size() && pattern_[position_ + 1] != ']') {
        ++position_;
        ONEDGE_ASSIGN_OR_RETURN(high, ParseBracketCharacter());
      }
      if (high < low) return Malformed("a range that runs backwards");
      set.Add(low, high);
    }
    ++position_;
    if (flags_.ignore_case) set.CloseOverCase();
    if (negated) set.Complement();
    return InSet(std::move(set));
  }

  Result<char32_t> ParseBracketCharacter() {
    if (Take("\\")) return ParseEscapedCharacter();
    if (AtEnd()) return Malformed("an unfinished [");
    return unicode::NextOrReplacement(pattern_, position_);
  }

  std::string_view pattern_;
  size_t position_ = 0;
  Flags flags_;
};

// Writes the instructions of an expression. Each part continues at the part that is written next.
class Writer {
 public:
  Status Write(const Expression& expression) {
    if (program.size() > kLargestProgram)
      return Unsupported("a regular expression of more than ", kLargestProgram, " steps");
    switch (expression.kind) {
      case Kind::kEmpty:
        return OkStatus();
      case Kind::kSet:
        Add(Step::kSet).set = expression.set;
        return OkStatus();
      case Kind::kAssertion:
        Add(expression.assertion);
        return OkStatus();
      case Kind::kSequence:
        for (const Expression& part : expression.parts) ONEDGE_RETURN_IF_ERROR(Write(part));
        return OkStatus();
      case Kind::kChoice:
        return WriteChoice(expression);
      case Kind::kRepeat:
        return WriteRepeat(expression);
    }
    return OkStatus();
  }

  Instruction& Add(Step step) {
    program.push_back({step});
    program.back().next = program.back().other = Here();
    return program.back();
  }

  std::vector<Instruction> program;

 private:
  uint32_t Here() const { return static_cast<uint32_t>(program.size()); }

  Status WriteChoice(const Expression& choice) {
    std::vector<uint32_t> ends;
    for (size_t i = 0; i < choice.parts.size(); ++i) {
      const bool last = i + 1 == choice.parts.size();
      const uint32_t split = Here();
      if (!last) Add(Step::kSplit);
      ONEDGE_RETURN_IF_ERROR(Write(choice.parts[i]));
      if (last) break;
      ends.push_back(Here());
      Add(Step::kSplit);
      program[split].other = Here();
    }
    for (uint32_t end : ends) program[end].next = program[end].other = Here();
    return OkStatus();
  }

  Status WriteRepeat(const Expression& repeat) {
    uint32_t last_start = Here();
    for (uint32_t i = 0; i < repeat.least; ++i) {
      last_start = Here();
      ONEDGE_RETURN_IF_ERROR(Write(repeat.parts[0]));
    }
    if (repeat.most == kEndless && repeat.least > 0) {
      Add(Step::kSplit).other = last_start;
    } else if (repeat.most == kEndless) {
      const uint32_t split = Here();
      Add(Step::kSplit);
      ONEDGE_RETURN_IF_ERROR(Write(repeat.parts[0]));
      Instruction& back = Add(Step::kSplit);
      back.next = back.other = split;
      program[split].other = Here();
    } else {
      std::vector<uint32_t> splits;
      for (uint32_t i = repeat.least; i < repeat.most; ++i) {
        splits.push_back(Here());
        Add(Step::kSplit);
        ONEDGE_RETURN_IF_ERROR(Write(repeat.parts[0]));
      }
      for (uint32_t split : splits) program[split].other = Here();
    }
    return OkStatus();
  }
};

}  // namespace

Status ParseLinear(std::string_view pattern, std::vector<Instruction>& program, std::vector<CodePointSet>& sets) {
  Parser parser(pattern);
  ONEDGE_ASSIGN_OR_RETURN(const Expression all, parser.ParseAll());
  Writer writer;
  ONEDGE_RETURN_IF_ERROR(writer.Write(all));
  writer.Add(Step::kMatch);
  program = std::move(writer.program);
  sets = std::move(parser.sets);
  return OkStatus();
}

}  // namespace onedge::regex

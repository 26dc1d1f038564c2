#include "text/regex/class_parser.h"

namespace onedge::regex {
namespace {

constexpr int kMaxClassDepth = 16;

EscapedSet OneCharacter(char32_t c) { return {CodePointSet{{c, c}}, true}; }

EscapedSet MaybeNegated(CodePointSet set, bool negated) {
  if (negated) set.Complement();
  return {std::move(set), false};
}

Result<EscapedSet> CodePoint(PatternReader& in, std::optional<char32_t> c) {
  if (!c || *c >= CodePointSet::kLimit || (*c >= 0xD800 && *c < 0xE000))
    return in.Fail("a number that is not a code point");
  if (*c == 0) return in.Missing("the character U+0000 by number");
  return OneCharacter(*c);
}

// p{Name}, p{^Name}, pL after the backslash; a capital P means `negated`.
Result<EscapedSet> Property(PatternReader& in, bool negated, bool in_class) {
  std::string name;
  if (in.Take('{')) {
    if (in.Take('^')) negated = !negated;
    ONEDGE_ASSIGN_OR_RETURN(name, in.Name('}'));
  } else if (!in.done()) {
    unicode::Append(name, in.Next());
  }
  std::optional<CodePointSet> set = NamedSet(name);
  if (!set) return in.Missing(StrCat("the character property '", name, "'"));
  if (!in_class && set->ranges() == WordSet().ranges()) set = LoneWordSet();
  return MaybeNegated(*std::move(set), negated);
}

// [:name:] or [:^name:]; otherwise nullopt, and nothing is read.
Result<std::optional<CodePointSet>> PosixBracket(PatternReader& in) {
  const size_t begin = in.position();
  if (!in.Take("[:")) return std::optional<CodePointSet>();
  const bool negated = in.Take('^');
  const size_t end = in.pattern().find(":]", in.position());
  const std::string_view name = in.pattern().substr(in.position(), end - in.position());
  const bool is_name =
      end != std::string_view::npos && name.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos;
  if (!is_name) {
    in.Seek(begin);
    return std::optional<CodePointSet>();
  }
  std::optional<CodePointSet> set = PosixSet(name);
  if (!set) return in.Fail(StrCat("[[:", name, ":]], which is not a class"));
  in.Seek(end + 2);
  if (negated) set->Complement();
  return set;
}

// One end of a range, or a set that cannot be one.
Result<EscapedSet> ClassItem(PatternReader& in) {
  if (in.Peek() == '\\') return ParseEscapedSet(in, /*in_class=*/true);
  return OneCharacter(in.Next());
}

}  // namespace

std::optional<uint32_t> PatternReader::Number() {
  if (done() || Peek() < '0' || Peek() > '9') return std::nullopt;
  uint64_t number = 0;
  while (!done() && Peek() >= '0' && Peek() <= '9')
    number = std::min<uint64_t>(number * 10 + (Next() - '0'), UINT32_MAX - 1);
  return static_cast<uint32_t>(number);
}

std::optional<char32_t> PatternReader::Digits(int base, int digits) {
  char32_t number = 0;
  int count = 0;
  for (; count < digits && !done(); ++count) {
    const char32_t c = Peek();
    const char32_t value = c >= '0' && c <= '9'                 ? c - '0'
                           : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                                : 99;
    if (value >= static_cast<char32_t>(base)) break;
    number = std::min<char32_t>(number * static_cast<char32_t>(base) + value, CodePointSet::kLimit);
    Next();
  }
  return count > 0 ? std::optional<char32_t>(number) : std::nullopt;
}

Result<std::string> PatternReader::Name(char end) {
  const size_t begin = position_, found = pattern_.find(end, begin);
  if (found == std::string_view::npos || found == begin) return Fail(StrCat("a name without its '", end, "'"));
  position_ = found + 1;
  return std::string(pattern_.substr(begin, found - begin));
}

Status PatternReader::Fail(std::string_view what) const {
  return InvalidArgument("regular expression '", pattern_.substr(0, 120), "': ", what, " at byte ", position_);
}

Status PatternReader::Missing(std::string_view what) const {
  return Unsupported("regular expression '", pattern_.substr(0, 120), "': ", what, " at byte ", position_,
                     " is not supported");
}

Result<EscapedSet> ParseEscapedSet(PatternReader& in, bool in_class) {
  in.Next();
  if (in.done()) return in.Fail("a backslash at the end");
  const char32_t c = in.Next();
  switch (c) {
    case 't':
      return OneCharacter('\t');
    case 'n':
      return OneCharacter('\n');
    case 'r':
      return OneCharacter('\r');
    case 'f':
      return OneCharacter('\f');
    case 'v':
      return OneCharacter('\v');
    case 'a':
      return OneCharacter('\a');
    case 'e':
      return OneCharacter(0x1B);
    case 'w':
    case 'W':
      return MaybeNegated(in_class ? WordSet() : LoneWordSet(), c == 'W');
    case 'd':
    case 'D':
      return MaybeNegated(DigitSet(), c == 'D');
    case 's':
    case 'S':
      return MaybeNegated(SpaceSet(), c == 'S');
    case 'h':
    case 'H':
      return MaybeNegated(HexDigitSet(), c == 'H');
    case 'p':
    case 'P':
      return Property(in, c == 'P', in_class);
    case 'x':
      if (in.Take('{')) {
        const auto number = in.Digits(16, 8);
        return in.Take('}') ? CodePoint(in, number) : in.Fail("\\x{ without its '}'");
      } else {
        const auto number = in.Digits(16, 2);
        if (number && *number >= 0x80) return in.Missing("a byte above 0x7F (\\x)");
        return CodePoint(in, number);
      }
    case 'u':
      return CodePoint(in, in.Digits(16, 4));
    case 'c':
    case 'C':
    case 'M':
      return in.Missing("control and meta escapes (\\c, \\C-, \\M-)");
    case 'o':
      return in.Missing("octal escapes (\\o)");
    default:
      break;
  }
  if (in_class && c == 'b') return OneCharacter('\b');
  if (c >= '0' && c <= '7') {
    in.Seek(in.position() - 1);
    const auto number = in.Digits(8, 3);
    if (number && *number >= 0x80) return in.Missing("a byte above 0x7F (octal)");
    return CodePoint(in, number);
  }
  return OneCharacter(c);
}

Result<CodePointSet> ParseClass(PatternReader& in, bool any_case, int depth) {
  if (depth > kMaxClassDepth) return in.Fail(StrCat("classes more than ", kMaxClassDepth, " deep"));
  in.Next();
  const bool negated = in.Take('^');
  CodePointSet all{{0, CodePointSet::kLimit - 1}};  // the sets before the last &&
  CodePointSet set;
  bool first = true;
  for (;; first = false) {
    if (in.done()) return in.Fail("a class without its ']'");
    const size_t begin = in.position();
    if (in.Peek() == ']') {
      const bool literal = first && in.pattern().find(']', begin + 1) != std::string_view::npos;
      if (first && !literal) return in.Fail("an empty class");
      if (!literal) break;
    }
    if (in.Take("&&")) {
      if (any_case) set.CloseOverCase();
      all.Intersect(std::move(set));
      set = CodePointSet();
      continue;
    }
    if (in.Peek() == '[') {
      ONEDGE_ASSIGN_OR_RETURN(std::optional<CodePointSet> posix, PosixBracket(in));
      if (posix) {
        set.Add(*posix);
      } else {
        ONEDGE_ASSIGN_OR_RETURN(const CodePointSet inner, ParseClass(in, any_case, depth + 1));
        set.Add(inner);
      }
      continue;
    }
    ONEDGE_ASSIGN_OR_RETURN(const EscapedSet low, ClassItem(in));
    const std::string_view left = in.pattern().substr(in.position());
    const bool range =
        left.size() > 1 && left[0] == '-' && left[1] != ']' && !left.starts_with("-&&") && left[1] != '[';
    if (!range || !low.one_character) {
      set.Add(low.set);
      continue;
    }
    in.Next();
    ONEDGE_ASSIGN_OR_RETURN(const EscapedSet high, ClassItem(in));
    if (!high.one_character) return in.Fail("a class at the end of a range");
    const char32_t from = low.set.ranges()[0].first, to = high.set.ranges()[0].first;
    if (from > to) return in.Fail("a range whose end is before its beginning");
    set.Add(from, to);
  }
  in.Next();
  if (any_case) set.CloseOverCase();
  set.Intersect(std::move(all));
  if (negated) set.Complement();
  return set;
}

}  // namespace onedge::regex

// Parses a pattern to its Syntax, by recursive descent.
#include "text/regex/class_parser.h"
#include "text/regex/syntax.h"

namespace onedge::regex {
namespace {

constexpr size_t kMaxPatternBytes = 1 << 12;  // published patterns have a few hundred
constexpr int kMaxDepth = 32;                 // groups inside groups; recursion uses the stack
constexpr uint32_t kMaxRepeat = 100000;       // like Oniguruma

struct Options {
  bool any_case = false, dot_all = false, extended = false;
};

class Parser {
 public:
  explicit Parser(std::string_view pattern) : in_(pattern) {}

  Result<Syntax> Parse() {
    if (in_.pattern().size() > kMaxPatternBytes) return in_.Fail(StrCat("more than ", kMaxPatternBytes, " bytes"));
    named_groups_ = in_.pattern().find("(?<") != std::string_view::npos && HasNamedGroup();
    Options options;
    ONEDGE_ASSIGN_OR_RETURN(syntax_.root, Alternatives(options, 0));
    if (!in_.done()) return in_.Fail("an unmatched ')'");
    if (highest_reference_ > syntax_.groups) return in_.Fail("a reference to a group that is not there");
    return std::move(syntax_);
  }

 private:
  uint32_t Add(Node node) {
    syntax_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(syntax_.nodes.size() - 1);
  }

  uint32_t AddSet(CodePointSet set, const Options& options) {
    if (options.any_case) set.CloseOverCase();
    for (size_t i = 0; i < syntax_.sets.size(); ++i) {
      if (syntax_.sets[i].ranges() == set.ranges())
        return Add({.kind = NodeKind::kSet, .value = static_cast<uint32_t>(i)});
    }
    set.Finish();
    syntax_.sets.push_back(std::move(set));
    return Add({.kind = NodeKind::kSet, .value = static_cast<uint32_t>(syntax_.sets.size() - 1)});
  }

  uint32_t AddAnchor(Anchor anchor) { return Add({.kind = NodeKind::kAnchor, .value = static_cast<uint32_t>(anchor)}); }

  bool HasNamedGroup() const {
    const std::string_view pattern = in_.pattern();
    for (size_t at = 0; (at = pattern.find("(?<", at)) != std::string_view::npos; at += 3) {
      if (at + 3 < pattern.size() && pattern[at + 3] != '=' && pattern[at + 3] != '!') return true;
    }
    return false;
  }

  // Reads up to ')' or the end. An option group, (?i), applies to the rest, including alternatives, here as well.
  Result<uint32_t> Alternatives(Options options, int depth) {
    if (depth > kMaxDepth) return in_.Fail(StrCat("groups more than ", kMaxDepth, " deep"));
    Node alternation{.kind = NodeKind::kAlternation};
    for (;;) {
      ONEDGE_ASSIGN_OR_RETURN(alternation.children.emplace_back(), Sequence(options, depth));
      if (!in_.Take('|')) break;
    }
    if (alternation.children.size() == 1) return alternation.children[0];
    return Add(std::move(alternation));
  }

  Result<uint32_t> Sequence(Options options, int depth) {
    Node sequence{.kind = NodeKind::kSequence};
    while (!in_.done() && in_.Peek() != '|' && in_.Peek() != ')') {
      if (options.extended && SkipExtended()) continue;
      if (in_.Take("(?#")) {
        while (!in_.done() && in_.Peek() != ')') in_.Next();
        if (!in_.Take(')')) return in_.Fail("a comment without its end");
        continue;
      }
      bool rest = false;
      ONEDGE_ASSIGN_OR_RETURN(uint32_t atom, Atom(options, depth, rest));
      if (rest) {  // (?i): the rest of the group is its body
        sequence.children.push_back(atom);
        break;
      }
      ONEDGE_ASSIGN_OR_RETURN(atom, Quantified(atom, options));
      sequence.children.push_back(atom);
    }
    if (sequence.children.size() == 1) return sequence.children[0];
    return Add(std::move(sequence));
  }

  bool SkipExtended() {
    const char32_t c = in_.Peek();
    if (c == ' ' || (c >= 9 && c <= 13)) return in_.Next(), true;
    if (c != '#') return false;
    while (!in_.done() && in_.Next() != '\n') {
    }
    return true;
  }

  Result<uint32_t> Quantified(uint32_t atom, const Options& options) {
    for (;;) {
      if (options.extended) {
        while (!in_.done() && SkipExtended()) {
        }
      }
      Node repeat{.kind = NodeKind::kRepeat, .children = {atom}};
      bool interval = false;
      if (in_.Take('*'))
        repeat.max = kUnlimited;
      else if (in_.Take('+'))
        repeat.min = 1, repeat.max = kUnlimited;
      else if (in_.Take('?'))
        repeat.max = 1;
      else if (!in_.done() && in_.Peek() == '{') {
        ONEDGE_ASSIGN_OR_RETURN(interval, Interval(repeat));
        if (!interval) return atom;
      } else {
        return atom;
      }
      const NodeKind kind = syntax_.nodes[atom].kind;
      if (kind == NodeKind::kAnchor || kind == NodeKind::kLookahead || kind == NodeKind::kLookbehind)
        return in_.Fail("a repetition of what takes no text");
      if (interval && repeat.min == repeat.max && !in_.done() && in_.Peek() == '?') {
        in_.Next();  // x{n}? is (?:x{n})?
        repeat = {.kind = NodeKind::kRepeat, .max = 1, .children = {Add(std::move(repeat))}};
      } else if (in_.Take('?')) {
        repeat.greed = Greed::kLazy;
      } else if (!interval && in_.Take('+')) {  // after an interval, + is a separate repetition
        repeat.greed = Greed::kPossessive;
      }
      atom = Add(std::move(repeat));
    }
  }

  // {n}, {n,}, {,m} or {n,m}; anything else is not an interval, and the brace is a character.
  Result<bool> Interval(Node& repeat) {
    const size_t begin = in_.position();
    in_.Next();
    const auto low = in_.Number();
    const bool comma = in_.Take(',');
    const auto high = comma ? in_.Number() : low;
    if (!in_.Take('}') || (!low && !high)) {
      in_.Seek(begin);
      return false;
    }
    repeat.min = low.value_or(0);
    repeat.max = high.value_or(kUnlimited);
    if (repeat.min > kMaxRepeat || (high && repeat.max > kMaxRepeat))
      return in_.Fail(StrCat("more than ", kMaxRepeat, " repetitions"));
    if (repeat.max < repeat.min) return in_.Missing("{n,m} with n above m");
    return true;
  }

  Result<uint32_t> Atom(const Options& options, int depth, bool& rest) {
    const char32_t c = in_.Peek();
    if (c == '(') return Group(options, depth, rest);
    if (c == '[') {
      ONEDGE_ASSIGN_OR_RETURN(CodePointSet set, ParseClass(in_, options.any_case));
      return AddSet(std::move(set), Options{});
    }
    if (c == '\\') return Escape(options);
    if (c == '*' || c == '+' || c == '?') return in_.Fail("a repetition of nothing");
    if (c == '{') {
      Node unused{.kind = NodeKind::kRepeat};
      ONEDGE_ASSIGN_OR_RETURN(const bool interval, Interval(unused));
      if (interval) return in_.Fail("a repetition of nothing");
    }
    in_.Next();
    if (c == '^') return AddAnchor(Anchor::kLineBegin);
    if (c == '$') return AddAnchor(Anchor::kLineEnd);
    if (c != '.') return AddSet({{c, c}}, options);
    CodePointSet set;
    if (!options.dot_all) set.Add('\n', '\n');
    set.Complement();
    return AddSet(std::move(set), Options{});
  }

  Result<uint32_t> Body(NodeKind kind, bool flag, const Options& options, int depth) {
    ONEDGE_ASSIGN_OR_RETURN(const uint32_t body, Alternatives(options, depth + 1));
    if (!in_.Take(')')) return in_.Fail("a group without its ')'");
    return Add({.kind = kind, .flag = flag, .children = {body}});
  }

  Result<uint32_t> Capture(const Options& options, int depth) {
    const uint32_t group = ++syntax_.groups;
    ONEDGE_ASSIGN_OR_RETURN(const uint32_t node, Body(NodeKind::kCapture, false, options, depth));
    syntax_.nodes[node].value = group;
    return node;
  }

  Result<uint32_t> Group(Options options, int depth, bool& rest) {
    if (!in_.Take("(?")) {
      if (in_.pattern().substr(in_.position()).starts_with("(*")) return in_.Missing("a callout");
      in_.Next();
      if (named_groups_) return Body(NodeKind::kSequence, false, options, depth);
      return Capture(options, depth);
    }
    if (in_.Take(':')) return Body(NodeKind::kSequence, false, options, depth);
    if (in_.Take('>')) return Body(NodeKind::kAtomic, false, options, depth);
    if (in_.Take('=')) return Body(NodeKind::kLookahead, false, options, depth);
    if (in_.Take('!')) return Body(NodeKind::kLookahead, true, options, depth);
    if (in_.Take("<=")) return Body(NodeKind::kLookbehind, false, options, depth);
    if (in_.Take("<!")) return Body(NodeKind::kLookbehind, true, options, depth);
    if (in_.Take('<')) {
      ONEDGE_ASSIGN_OR_RETURN(std::string name, in_.Name('>'));
      for (const std::string& other : names_) {
        if (other == name) return in_.Missing(StrCat("two groups of the name '", name, "'"));
      }
      names_.push_back(std::move(name));
      return Capture(options, depth);
    }
    if (!in_.done() && (in_.Peek() == '~' || in_.Peek() == '(' || in_.Peek() == '{'))
      return in_.Missing("an absent operator, condition or callout");
    for (bool on = true; !in_.done();) {
      const char32_t c = in_.Next();
      if (c == '-')
        on = false;
      else if (c == 'i')
        options.any_case = on;
      else if (c == 'm')
        options.dot_all = on;
      else if (c == 'x')
        options.extended = on;
      else if (c == ':')
        return Body(NodeKind::kSequence, false, options, depth);
      else if (c == ')') {
        rest = true;
        return Alternatives(options, depth + 1);
      } else {
        return in_.Fail("an option other than i, m and x");
      }
    }
    return in_.Fail("a group without its ')'");
  }

  Result<uint32_t> Escape(const Options& options) {
    const size_t begin = in_.position();
    in_.Next();
    if (in_.done()) return in_.Fail("a backslash at the end");
    const char32_t c = in_.Next();
    switch (c) {
      case 'A':
        return AddAnchor(Anchor::kTextBegin);
      case 'z':
        return AddAnchor(Anchor::kTextEnd);
      case 'Z':
        return AddAnchor(Anchor::kTextEndOrNewline);
      case 'b':
        return AddAnchor(Anchor::kWordBoundary);
      case 'B':
        return AddAnchor(Anchor::kNoWordBoundary);
      case 'G':
        return AddAnchor(Anchor::kSearchBegin);
      case 'K':
        return Add({.kind = NodeKind::kKeep});
      case 'R':
        return Newline();
      case 'N': {
        CodePointSet set{{'\n', '\n'}};
        set.Complement();
        return AddSet(std::move(set), Options{});
      }
      case 'O':
        return AddSet({{0, CodePointSet::kLimit - 1}}, Options{});
      case 'X':
      case 'y':
      case 'Y':
        return in_.Missing("text segments (\\X, \\y, \\Y)");
      case 'g':
        return in_.Missing("subexpression calls (\\g)");
      case 'k':
        return NamedReference(options);
      default:
        break;
    }
    if (c >= '1' && c <= '9') {
      in_.Seek(begin + 1);
      const std::optional<uint32_t> number = in_.Number();
      if (number && (*number <= syntax_.groups || *number <= 9)) {
        if (named_groups_) return in_.Fail("a numbered reference beside named groups");
        return Reference(*number, options);
      }
    }
    in_.Seek(begin);
    ONEDGE_ASSIGN_OR_RETURN(const EscapedSet escaped, ParseEscapedSet(in_, /*in_class=*/false));
    return AddSet(escaped.set, escaped.one_character ? options : Options{});
  }

  // \R: a line break; CR LF is one.
  uint32_t Newline() {
    const uint32_t cr = AddSet({{'\r', '\r'}}, Options{}), lf = AddSet({{'\n', '\n'}}, Options{});
    const uint32_t both = Add({.kind = NodeKind::kSequence, .children = {cr, lf}});
    const uint32_t one = AddSet({{10, 13}, {0x85, 0x85}, {0x2028, 0x2029}}, Options{});
    const uint32_t either = Add({.kind = NodeKind::kAlternation, .children = {both, one}});
    return Add({.kind = NodeKind::kAtomic, .children = {either}});
  }

  uint32_t Reference(uint32_t group, const Options& options) {
    syntax_.has_references = true;
    highest_reference_ = std::max(highest_reference_, group);
    return Add({.kind = NodeKind::kReference, .value = group, .flag = options.any_case});
  }

  Result<uint32_t> NamedReference(const Options& options) {
    if (!in_.Take('<')) return in_.Fail("\\k without <name>");
    ONEDGE_ASSIGN_OR_RETURN(const std::string name, in_.Name('>'));
    for (size_t i = 0; i < names_.size(); ++i) {
      if (names_[i] == name) return Reference(static_cast<uint32_t>(i + 1), options);
    }
    uint64_t number = 0;
    const bool relative = name[0] == '-';
    for (const char digit : std::string_view(name).substr(relative)) {
      if (digit < '0' || digit > '9' || named_groups_)
        return in_.Fail(StrCat("a reference to '", name, "', which is not a group"));
      number = std::min<uint64_t>(number * 10 + static_cast<uint64_t>(digit - '0'), UINT32_MAX);
    }
    if (relative) number = number <= syntax_.groups ? syntax_.groups + 1 - number : 0;
    if (number == 0) return in_.Fail("a reference to a group that is not there");
    return Reference(static_cast<uint32_t>(number), options);
  }

  PatternReader in_;
  Syntax syntax_;
  std::vector<std::string> names_;
  bool named_groups_ = false;  // then plain groups do not capture
  uint32_t highest_reference_ = 0;
};

}  // namespace

Result<Syntax> Parse(std::string_view pattern) { return Parser(pattern).Parse(); }

}  // namespace onedge::regex

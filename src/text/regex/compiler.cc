#include <algorithm>

#include "text/regex/program.h"
#include "text/unicode/utf8.h"

namespace onedge::regex {
namespace {

constexpr size_t kMaxInstructions = 1 << 16;

class Compiler {
 public:
  Compiler(Syntax syntax, std::string_view pattern) : syntax_(std::move(syntax)), pattern_(pattern) {}

  Result<Program> Compile() {
    program_.sets = std::move(syntax_.sets);
    program_.has_references = syntax_.has_references;
    program_.registers = 1 + 2 * syntax_.groups;
    for (const CodePointSet& set : program_.sets) set_bytes_.push_back(BytesOf(set));
    ONEDGE_RETURN_IF_ERROR(Emit(syntax_.root));
    Add({.op = Op::kAccept});
    program_.start_filter = Filter(syntax_.root);
    return std::move(program_);
  }

 private:
  struct First {
    FirstBytes bytes;
    bool nullable;
  };

  static FirstBytes BytesOf(const CodePointSet& set) {
    FirstBytes bytes;
    for (const CodePointSet::Range range : set.ranges()) {
      char low[4], high[4];
      unicode::Encode(range.first, low);
      unicode::Encode(range.last, high);
      for (int b = static_cast<uint8_t>(low[0]); b <= static_cast<uint8_t>(high[0]); ++b)
        bytes.set(static_cast<size_t>(b));
    }
    return bytes;
  }

  // The bytes that can begin a match of `node`, and whether the match can be empty.
  First FirstOf(uint32_t index) const {
    const Node& node = syntax_.nodes[index];
    First first{{}, true};
    switch (node.kind) {
      case NodeKind::kSet:
        return {set_bytes_[node.value], false};
      case NodeKind::kSequence:
        for (const uint32_t child : node.children) {
          const First part = FirstOf(child);
          first.bytes |= part.bytes;
          if (!part.nullable) return {first.bytes, false};
        }
        return first;
      case NodeKind::kAlternation:
        first.nullable = false;
        for (const uint32_t child : node.children) {
          const First part = FirstOf(child);
          first.bytes |= part.bytes;
          first.nullable |= part.nullable;
        }
        return first;
      case NodeKind::kRepeat: {
        First part = FirstOf(node.children[0]);
        part.nullable |= node.min == 0;
        return part;
      }
      case NodeKind::kCapture:
      case NodeKind::kAtomic:
        return FirstOf(node.children[0]);
      case NodeKind::kReference:
        return {FirstBytes().set(), true};
      default:
        return first;
    }
  }

  uint32_t Filter(uint32_t node) {
    const First first = FirstOf(node);
    if (first.nullable) return kNoFilter;
    const auto known = std::find(program_.first_bytes.begin(), program_.first_bytes.end(), first.bytes);
    if (known != program_.first_bytes.end()) return static_cast<uint32_t>(known - program_.first_bytes.begin());
    program_.first_bytes.push_back(first.bytes);
    return static_cast<uint32_t>(program_.first_bytes.size() - 1);
  }

  // The minimum and maximum number of code points in a match of `node`.
  struct Width {
    uint64_t min, max;
  };
  Width WidthOf(uint32_t index) const {
    const Node& node = syntax_.nodes[index];
    const auto cap = [](uint64_t width) { return std::min<uint64_t>(width, kUnlimited); };
    Width width{0, 0};
    switch (node.kind) {
      case NodeKind::kSet:
        return {1, 1};
      case NodeKind::kSequence:
        for (const uint32_t child : node.children) {
          const Width part = WidthOf(child);
          width = {cap(width.min + part.min), cap(width.max + part.max)};
        }
        return width;
      case NodeKind::kAlternation:
        width.min = kUnlimited;
        for (const uint32_t child : node.children) {
          const Width part = WidthOf(child);
          width = {std::min(width.min, part.min), std::max(width.max, part.max)};
        }
        return width;
      case NodeKind::kRepeat: {
        const Width part = WidthOf(node.children[0]);
        return {cap(part.min * node.min), cap(part.max * node.max)};
      }
      case NodeKind::kCapture:
      case NodeKind::kAtomic:
        return WidthOf(node.children[0]);
      case NodeKind::kReference:
        return {0, kUnlimited};
      default:
        return width;
    }
  }

  uint32_t Here() const { return static_cast<uint32_t>(program_.code.size()); }
  uint32_t Add(Instruction instruction) {
    program_.code.push_back(instruction);
    return Here() - 1;
  }

  Status Emit(uint32_t index) {
    if (program_.code.size() > kMaxInstructions)
      return Unsupported("regular expression '", pattern_.substr(0, 120), "': its repetitions are too many");
    const Node& node = syntax_.nodes[index];
    switch (node.kind) {
      case NodeKind::kSequence:
        for (const uint32_t child : node.children) ONEDGE_RETURN_IF_ERROR(Emit(child));
        return OkStatus();
      case NodeKind::kAlternation:
        return EmitAlternation(node);
      case NodeKind::kSet:
        return Add({.op = Op::kSet, .x = node.value}), OkStatus();
      case NodeKind::kRepeat:
        return EmitRepeat(node);
      case NodeKind::kCapture: {
        if (!syntax_.has_references) return Emit(node.children[0]);
        Add({.op = Op::kSave, .x = 2 * node.value - 1});
        ONEDGE_RETURN_IF_ERROR(Emit(node.children[0]));
        Add({.op = Op::kSave, .x = 2 * node.value});
        return OkStatus();
      }
      case NodeKind::kReference:
        Add({.op = Op::kReference, .flag = node.flag, .x = 2 * node.value - 1});
        return OkStatus();
      case NodeKind::kAnchor:
        return Add({.op = Op::kAnchor, .x = node.value}), OkStatus();
      case NodeKind::kAtomic:
        return EmitBody({.op = Op::kAtomic}, node.children[0]);
      case NodeKind::kLookahead:
        return EmitBody({.op = Op::kLook, .flag = node.flag}, node.children[0]);
      case NodeKind::kLookbehind: {
        const Width width = WidthOf(node.children[0]);
        return EmitBody({.op = Op::kLookBack,
                         .flag = node.flag,
                         .min = static_cast<uint32_t>(width.min),
                         .max = static_cast<uint32_t>(width.max)},
                        node.children[0]);
      }
      case NodeKind::kKeep:
        return Add({.op = Op::kSave, .x = Program::kKeepRegister}), OkStatus();
    }
    return OkStatus();
  }

  Status EmitBody(Instruction head, uint32_t body) {
    const uint32_t at = Add(head);
    ONEDGE_RETURN_IF_ERROR(Emit(body));
    if (head.op == Op::kLookBack) Add({.op = Op::kAnchor, .x = static_cast<uint32_t>(Anchor::kBodyEnd)});
    Add({.op = Op::kAccept});
    program_.code[at].x = Here();
    return OkStatus();
  }

  Status EmitAlternation(const Node& node) {
    std::vector<uint32_t> jumps;
    for (size_t i = 0; i + 1 < node.children.size(); ++i) {
      const uint32_t split = Add({.op = Op::kSplit, .x = Here() + 1, .z = Filter(node.children[i])});
      ONEDGE_RETURN_IF_ERROR(Emit(node.children[i]));
      jumps.push_back(Add({.op = Op::kJump}));
      program_.code[split].y = Here();
    }
    ONEDGE_RETURN_IF_ERROR(Emit(node.children.back()));
    for (const uint32_t jump : jumps) program_.code[jump].x = Here();
    return OkStatus();
  }

  Status EmitRepeat(const Node& node) {
    const uint32_t child = node.children[0];
    if (syntax_.nodes[child].kind == NodeKind::kSet) {
      Add({.op = Op::kSetLoop, .greed = node.greed, .x = syntax_.nodes[child].value, .min = node.min, .max = node.max});
      return OkStatus();
    }
    if (node.greed != Greed::kPossessive) return EmitRounds(node, child);
    const uint32_t at = Add({.op = Op::kAtomic});
    ONEDGE_RETURN_IF_ERROR(EmitRounds(node, child));
    Add({.op = Op::kAccept});
    program_.code[at].x = Here();
    return OkStatus();
  }

  // A choice between another round, which follows, and `y`, which is set later.
  uint32_t EmitChoice(const Node& node, uint32_t child) {
    Instruction split{.op = Op::kSplit, .x = Here() + 1};
    if (node.greed == Greed::kLazy)
      split.flag = true;  // y first; the compiler swaps them when both are known
    else
      split.z = Filter(child);
    return Add(split);
  }
  void SetExit(uint32_t split, uint32_t exit) {
    Instruction& choice = program_.code[split];
    choice.y = exit;
    if (choice.flag) std::swap(choice.x, choice.y);
    choice.flag = false;
  }

  Status EmitRounds(const Node& node, uint32_t child) {
    for (uint32_t i = 0; i < node.min; ++i) ONEDGE_RETURN_IF_ERROR(Emit(child));
    if (node.max == kUnlimited) {
      const uint32_t split = EmitChoice(node, child);
      const bool nullable = FirstOf(child).nullable;
      const uint32_t mark = nullable ? program_.registers++ : 0;
      if (nullable) Add({.op = Op::kSave, .x = mark});
      ONEDGE_RETURN_IF_ERROR(Emit(child));
      const uint32_t progress = nullable ? Add({.op = Op::kProgress, .x = mark}) : 0;
      Add({.op = Op::kJump, .x = split});
      if (nullable) program_.code[progress].y = Here();
      SetExit(split, Here());
      return OkStatus();
    }
    std::vector<uint32_t> splits;
    for (uint32_t i = node.min; i < node.max; ++i) {
      splits.push_back(EmitChoice(node, child));
      ONEDGE_RETURN_IF_ERROR(Emit(child));
    }
    for (const uint32_t split : splits) SetExit(split, Here());
    return OkStatus();
  }

  Syntax syntax_;
  std::string_view pattern_;
  Program program_;
  std::vector<FirstBytes> set_bytes_;
};

}  // namespace

Result<Program> Compile(Syntax syntax, std::string_view pattern) {
  return Compiler(std::move(syntax), pattern).Compile();
}

}  // namespace onedge::regex

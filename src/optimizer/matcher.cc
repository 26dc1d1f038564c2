#include "optimizer/matcher.h"

#include <algorithm>
#include <cmath>

namespace onedge::optimizer {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;
using Kind = Pattern::Place::Kind;

namespace {

bool IsCommutative(std::string_view op_type) { return op_type == "Add" || op_type == "Mul"; }

// Before opset 7 the attributes `axis` and `broadcast` align the operands: a vector may lie along any dimension.
bool AlignsByAttribute(const Node& node) {
  constexpr std::string_view kBinary[] = {"Add", "Sub", "Mul", "Div", "Pow"};
  return node.domain.empty() && node.opset < 7 &&
         std::find(std::begin(kBinary), std::end(kBinary), node.op_type) != std::end(kBinary);
}

// "Erf 'node'", "constant 0.6", "graph input 'x'".
std::string Describe(const Rewriter& rewriter, ValueId id) {
  if (id == kNoValue) return "nothing";
  if (const Node* node = rewriter.Maker(id)) return StrCat(node->op_type, " '", node->name, "'");
  if (const auto number = rewriter.Scalar(id)) return StrCat("constant ", *number);
  return StrCat(rewriter.constant(id) ? "constant " : "", rewriter.Describe(id));
}

// The expectation of a place, for messages.
std::string Describe(const Pattern::Place& place) {
  switch (place.kind) {
    case Kind::kAny:
      return std::string(place.name);
    case Kind::kConstant:
      return StrCat("a constant ", place.name);
    case Kind::kNumber:
      return StrCat("the constant ", place.number);
    case Kind::kScalar:
      return StrCat("a constant ", place.name, " of one element");
    case Kind::kOutput:
      return StrCat("output ", place.output, " of ", place.parts[0]->name);
    case Kind::kOperator:
      return std::string(place.name);
    case Kind::kOneOf:
      break;
  }
  std::string out;
  for (const Pattern& part : place.parts) {
    if (!out.empty()) out += " or ";
    out += Describe(*part.get());
  }
  return out;
}

}  // namespace

bool Matcher::Misses(std::string_view expected, ValueId got) {
  if (explains_ && found_ > furthest_) {
    furthest_ = found_;
    reason_ = StrCat("expected ", expected, ", got ", Describe(rewriter_, got));
  }
  return false;
}

bool Matcher::At(const Pattern& pattern, ValueId id) {
  const Pattern::Place& place = *pattern.get();
  if (const ValueId bound = match_[pattern]; bound != kNoValue) {
    if (bound == id) return true;
    return explains_ && Misses(StrCat(Describe(place), " to be ", Describe(rewriter_, bound), " again"), id);
  }
  bool fits = false;
  switch (place.kind) {
    case Kind::kAny:
      fits = id != kNoValue;
      break;
    case Kind::kConstant:
      fits = id != kNoValue && rewriter_.constant(id);
      break;
    case Kind::kNumber:
      fits = rewriter_.IsScalar(id, place.number);
      break;
    case Kind::kScalar:
      fits = rewriter_.Scalar(id).has_value();
      break;
    case Kind::kOutput: {
      const Node* node = rewriter_.Maker(id);
      fits = node && place.output < node->outputs.size() && node->outputs[place.output] == id;
      if (fits && !At(place.parts[0], node->outputs[0])) return false;
      break;
    }
    case Kind::kOperator:
      // AtOperator records the reason.
      if (!AtOperator(place, id)) return false;
      fits = true;
      break;
    case Kind::kOneOf:
      for (size_t i = 0; !fits && i < place.parts.size(); ++i) fits = At(place.parts[i], id);
      if (!fits) return false;
      break;
  }
  if (!fits) return explains_ && Misses(Describe(place), id);
  match_.bindings_.push_back({&place, id});
  return true;
}

bool Matcher::AtOperator(const Place& place, ValueId id) {
  const Node* node = rewriter_.Producer(id, place.name, place.domain);
  if (!node || node->outputs[0] != id || node->inputs.size() < place.parts.size() ||
      (!place.test && node->inputs.size() > place.parts.size())) {
    return explains_ && Misses(place.name, id);
  }
  if (AlignsByAttribute(*node)) return explains_ && Misses(StrCat(place.name, " of opset 7 or later"), id);
  const int found = found_++;
  const size_t bindings = match_.bindings_.size();
  bool fits = Inputs(place, node->inputs, false);
  if (!fits && IsCommutative(place.name)) {
    Undo(bindings);
    fits = Inputs(place, node->inputs, true);
  }
  if (fits && place.test && !place.test(rewriter_, *node)) {
    fits = explains_ && Misses(place.expected, id);
  }
  if (!fits) {
    Undo(bindings);
    found_ = found;
  }
  return fits;
}

bool Matcher::Inputs(const Place& place, const std::vector<ValueId>& inputs, bool swapped) {
  const int found = found_;
  for (size_t i = 0; i < place.parts.size(); ++i) {
    if (!At(place.parts[i], inputs[swapped ? place.parts.size() - 1 - i : i])) {
      found_ = found;
      return false;
    }
  }
  return true;
}

bool Matcher::ReadByPatternAlone(const Pattern& root) {
  const auto is_matched = [&](size_t reader) {
    return std::any_of(match_.bindings_.begin(), match_.bindings_.end(), [&](const Match::Binding& binding) {
      return binding.place->kind == Kind::kOperator && rewriter_.MakerIndex(binding.value) == reader;
    });
  };
  for (const Match::Binding& binding : match_.bindings_) {
    if (binding.place->kind != Kind::kOperator || binding.place->shared || binding.place == root.get()) continue;
    if (binding.value == match_[root]) continue;
    for (ValueId output : rewriter_.Maker(binding.value)->outputs) {
      if (output == kNoValue) continue;
      const auto& readers = rewriter_.readers(output);
      const auto other = std::find_if_not(readers.begin(), readers.end(), is_matched);
      if (other == readers.end() && !rewriter_.is_output(output)) continue;
      if (explains_) {
        furthest_ = found_;
        reason_ = rewriter_.Describe(output) + (other == readers.end()
                                                    ? std::string(" is an output of the graph")
                                                    : StrCat(" is read by ", rewriter_.node(*other).op_type, " '",
                                                             rewriter_.node(*other).name, "', too"));
      }
      return false;
    }
  }
  return true;
}

bool Matcher::Run(const Pattern& pattern, size_t root) {
  const ValueId id = rewriter_.node(root).outputs[0];
  return id != kNoValue && At(pattern, id) && ReadByPatternAlone(pattern);
}

}  // namespace onedge::optimizer

// Pattern: a part of a graph, written as an expression. A Rewriter finds it.
//
//   const auto x = Any("x");
//   const auto gelu = x * (Op("Erf", {x / std::numbers::sqrt2}) + 1.0) * 0.5;
//
// A place that occurs twice in an expression (here x) must be the same value. Add and Mul match both orders of their
// inputs. Numbers are constants of one element, of any rank and float dtype; Rewriter::Replace checks that they do not
// change the shape of the result. Only the pattern may read the values between the root and the captured values, unless
// they are Shared(). A Pattern is a handle to an immutable place; copies are the same place.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace onedge::optimizer {

class Rewriter;

class Pattern {
 public:
  // A constant of one element with this value, within 1e-4 of it (float16: 1e-3).
  Pattern(double value);  // NOLINT: implicit, for expressions

  // A condition on the node besides its operator and inputs; `expected` describes it in the reason of a miss. With a
  // condition, the node may have more inputs than the pattern; the condition must check them.
  using Test = bool (*)(const Rewriter& rewriter, const graph::Node& node);
  Pattern Where(Test test, const char* expected) const;
  // Other nodes may also read this value; it then stays.
  Pattern Shared() const;

  struct Place;
  const Place* operator->() const { return place_.get(); }
  const Place* get() const { return place_.get(); }

 private:
  friend Pattern MakePattern(Place place);
  explicit Pattern(std::shared_ptr<const Place> place) : place_(std::move(place)) {}

  std::shared_ptr<const Place> place_;
};

struct Pattern::Place {
  enum class Kind : uint8_t { kAny, kConstant, kScalar, kNumber, kOperator, kOutput, kOneOf };

  Kind kind = Kind::kAny;
  bool shared = false;
  std::string_view name = {};    // of a capture; of an operator, its type
  std::string_view domain = {};  // of an operator
  double number = 0;
  size_t output = 0;                // kOutput
  std::vector<Pattern> parts = {};  // inputs of an operator; the operator of kOutput; alternatives of kOneOf
  Test test = nullptr;
  const char* expected = "";
};

// Any value. `name` appears in the reasons of misses.
Pattern Any(std::string_view name);
// Any constant.
Pattern Constant(std::string_view name);
// A constant of one element, of a float dtype and any rank.
Pattern Scalar(std::string_view name);
// The first output of an operator of ai.onnx (or of `domain`).
Pattern Op(std::string_view op_type, std::vector<Pattern> inputs, std::string_view domain = "");
// Another output of the node that matches `op`.
Pattern Output(Pattern op, size_t output);
// The first of these patterns that matches.
Pattern OneOf(std::vector<Pattern> alternatives);

Pattern operator+(Pattern a, Pattern b);
Pattern operator-(Pattern a, Pattern b);
Pattern operator*(Pattern a, Pattern b);
Pattern operator/(Pattern a, Pattern b);

// The result of a match: the value at each place.
class Match {
 public:
  // kNoValue for a place outside the matched alternative.
  graph::ValueId operator[](const Pattern& place) const;

 private:
  friend class Matcher;
  struct Binding {
    const Pattern::Place* place;
    graph::ValueId value;
  };
  std::vector<Binding> bindings_;
};

}  // namespace onedge::optimizer

#include "optimizer/pattern.h"

namespace onedge::optimizer {

using Kind = Pattern::Place::Kind;

Pattern MakePattern(Pattern::Place place) { return Pattern(std::make_shared<const Pattern::Place>(std::move(place))); }

Pattern::Pattern(double value) : Pattern(MakePattern({.kind = Place::Kind::kNumber, .number = value})) {}

Pattern Pattern::Where(Test test, const char* expected) const {
  Place place = *place_;
  place.test = test;
  place.expected = expected;
  return MakePattern(std::move(place));
}

Pattern Pattern::Shared() const {
  Place place = *place_;
  place.shared = true;
  return MakePattern(std::move(place));
}

Pattern Any(std::string_view name) { return MakePattern({.kind = Kind::kAny, .name = name}); }

Pattern Constant(std::string_view name) { return MakePattern({.kind = Kind::kConstant, .name = name}); }

Pattern Scalar(std::string_view name) { return MakePattern({.kind = Kind::kScalar, .name = name}); }

Pattern Op(std::string_view op_type, std::vector<Pattern> inputs, std::string_view domain) {
  return MakePattern({.kind = Kind::kOperator, .name = op_type, .domain = domain, .parts = std::move(inputs)});
}

Pattern Output(Pattern op, size_t output) {
  return MakePattern({.kind = Kind::kOutput, .output = output, .parts = {std::move(op)}});
}

Pattern OneOf(std::vector<Pattern> alternatives) {
  return MakePattern({.kind = Kind::kOneOf, .parts = std::move(alternatives)});
}

Pattern operator+(Pattern a, Pattern b) { return Op("Add", {std::move(a), std::move(b)}); }
Pattern operator-(Pattern a, Pattern b) { return Op("Sub", {std::move(a), std::move(b)}); }
Pattern operator*(Pattern a, Pattern b) { return Op("Mul", {std::move(a), std::move(b)}); }
Pattern operator/(Pattern a, Pattern b) { return Op("Div", {std::move(a), std::move(b)}); }

graph::ValueId Match::operator[](const Pattern& place) const {
  for (const Binding& binding : bindings_) {
    if (binding.place == place.get()) return binding.value;
  }
  return graph::kNoValue;
}

}  // namespace onedge::optimizer

// Matcher: tries one pattern at one node, once.
#pragma once

#include <string>

#include "optimizer/pattern.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {

class Matcher {
 public:
  // `explains`: records the reason of a miss, which allocates strings.
  Matcher(const Rewriter& rewriter, bool explains) : rewriter_(rewriter), explains_(explains) {}

  // True if output 0 of node `root` matches `pattern`.
  bool Run(const Pattern& pattern, size_t root);

  const Match& match() const { return match_; }
  // After a miss: the reason of the attempt with the most matched operators, and their number.
  const std::string& reason() const { return reason_; }
  int furthest() const { return furthest_; }

 private:
  using Place = Pattern::Place;

  bool At(const Pattern& pattern, graph::ValueId id);
  bool AtOperator(const Place& place, graph::ValueId id);
  bool Inputs(const Place& place, const std::vector<graph::ValueId>& inputs, bool swapped);
  bool ReadByPatternAlone(const Pattern& root);
  bool Misses(std::string_view expected, graph::ValueId got);
  void Undo(size_t bindings) { match_.bindings_.resize(bindings); }

  const Rewriter& rewriter_;
  const bool explains_;
  Match match_;
  int found_ = 0;  // matched operators at the current position
  int furthest_ = -1;
  std::string reason_;
};

}  // namespace onedge::optimizer

// Shared by backends that claim regions: the body of a region, and its values for known borders.
#pragma once

#include <memory>
#include <vector>

#include "backends/kernel.h"
#include "ops/ahead_of_run.h"

namespace onedge::backends {

// The body of an onedge.Region node. Input i of the node is capture i of the graph; outputs correspond.
struct RegionBody {
  explicit RegionBody(const graph::Node& region);

  const graph::Graph& graph;           // owned by the node
  std::vector<bool> shape_arithmetic;  // by node: PlanBody computes it; the backend claimed all others
};

// The known facts about a body before it runs. Owns the elements that PlanBody computed.
struct PlannedBody {
  PlannedBody(const graph::Graph& body, const ops::EagerOptions& options) : ahead(body, options) {}

  ops::AheadOfRun ahead;

  // REQUIRES: a border, or a value of a node of the body.
  DType DTypeOf(graph::ValueId id) const;
  Shape ShapeOf(graph::ValueId id) const;
};

// Infers the body for the shapes of its borders and computes its shape arithmetic. Fails, and names the node, if a
// shape stays unknown: a backend must not claim a node whose shape depends on elements that its region computes.
Result<std::unique_ptr<PlannedBody>> PlanBody(const RegionBody& body, const NodeShapes& shapes,
                                              const ops::EagerOptions& options = {});

}  // namespace onedge::backends

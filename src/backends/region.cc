#include "backends/region.h"

#include <limits>

namespace onedge::backends {
namespace {

using graph::kNoValue;
using graph::ValueId;

size_t Index(ValueId id) { return static_cast<size_t>(id); }

std::optional<Shape> KnownShape(const graph::TypeInfo& type) {
  return type.is_tensor() && type.dims ? graph::ShapeOf(*type.dims) : std::nullopt;
}

}  // namespace

bool IsRegion(const graph::Node& node) { return node.op_type == "Region" && node.domain == "onedge"; }

RegionBody::RegionBody(const graph::Node& region)
    : graph(*region.Subgraphs().front()), shape_arithmetic(graph.nodes.size()) {
  if (const graph::Attribute* nodes = region.FindAttribute("shape_arithmetic")) {
    for (int64_t i : std::get<std::vector<int64_t>>(nodes->value)) shape_arithmetic[static_cast<size_t>(i)] = true;
  }
}

DType PlannedBody::DTypeOf(ValueId id) const { return ahead.known().types[Index(id)].dtype; }

Shape PlannedBody::ShapeOf(ValueId id) const { return *KnownShape(ahead.known().types[Index(id)]); }

Result<std::unique_ptr<PlannedBody>> PlanBody(const RegionBody& body, const NodeShapes& shapes,
                                              const ops::EagerOptions& options) {
  auto plan = std::make_unique<PlannedBody>(body.graph, options);
  ops::KnownValues& known = plan->ahead.known();
  for (size_t i = 0; i < body.graph.captures.size(); ++i) {
    const size_t inner = Index(body.graph.captures[i].inner);
    if (!shapes.inputs[i]) return Unsupported("input ", i, " of a region: expected a tensor");
    known.types[inner] = graph::TypeInfo::Tensor(body.graph.values[inner].type.dtype, *shapes.inputs[i]);
    if (i < shapes.values.size()) known.constants[inner] = shapes.values[i];
  }
  for (size_t n = 0; n < body.graph.nodes.size(); ++n) {
    const graph::Node& node = body.graph.nodes[n];
    ONEDGE_RETURN_IF_ERROR(plan->ahead.Infer(node));
    if (body.shape_arithmetic[n]) {
      ONEDGE_ASSIGN_OR_RETURN(const bool done, plan->ahead.Compute(node, std::numeric_limits<int64_t>::max()));
      if (!done) return Unsupported("its elements do not follow from shapes").WithNode(node.name, node.op_type);
    }
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      if (node.outputs[i] == kNoValue || KnownShape(known.types[Index(node.outputs[i])])) continue;
      return Unsupported("the shape of output ", i,
                         " depends on what the region computes; its backend must not claim it")
          .WithNode(node.name, node.op_type);
    }
  }
  return plan;
}

}  // namespace onedge::backends

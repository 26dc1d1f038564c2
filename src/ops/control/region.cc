// onedge.Region: a part of the graph that a backend has claimed (runtime/partition.h makes it). Its body holds the
// claimed nodes and their constants. Input i is also the body's capture i: kernels find it by position as an input, and
// shape inference finds its known elements through the capture.
#include <utility>

#include "ops/control/subgraph_op.h"

namespace onedge::ops {

struct Region final : SubgraphOp {
  std::shared_ptr<const graph::Graph> body;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(std::vector<TypeInfo> types, ctx.InferSubgraph(*body, {}));
    for (size_t i = 0; i < types.size(); ++i) ctx.SetOutputType(i, std::move(types[i]));
    return OkStatus();
  }

  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override;
};

// The reference for kernels; it also runs if the backend declines the region after all.
class RegionRuns final : public SubgraphRuns {
 public:
  explicit RegionRuns(const Region& op) : op_(op) {}

  Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) override {
    if (!std::exchange(begun_, true)) return op_.body.get();
    for (size_t i = 0; i < ctx.output_count(); ++i) ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, std::move(values[i])));
    return nullptr;
  }

 private:
  const Region& op_;
  bool begun_ = false;
};

std::unique_ptr<SubgraphRuns> Region::StartSubgraphs() const { return std::make_unique<RegionRuns>(*this); }

template <>
Result<OpPtr> Parse<Region>(AttributeReader& attrs) {
  auto op = std::make_unique<Region>();
  op->body = attrs.RequiredSubgraph("body");
  attrs.RequiredInt("backend");    // runtime::Program offers the region to this backend only
  attrs.Ints("shape_arithmetic");  // backends::RegionBody: the nodes of the body that are computed before the run
  if (!op->body || !op->body->inputs.empty() || op->body->outputs.size() != attrs.output_count()) {
    return CorruptFile("a Region needs a body without inputs and with as many outputs as the node");
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

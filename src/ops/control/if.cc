// If (ai.onnx 1): runs one of two subgraphs. They have no inputs but can read the surrounding values.
#include "ops/control/subgraph_op.h"
#include "ops/control/type_join.h"

namespace onedge::ops {

struct If final : SubgraphOp {
  std::shared_ptr<const graph::Graph> then_branch;
  std::shared_ptr<const graph::Graph> else_branch;

  static Result<bool> Condition(const Tensor& cond) {
    if (cond.dtype() != DType::kBool || cond.element_count() != 1) {
      return InvalidArgument("input 0: expected one bool, got ", cond);
    }
    return cond.bytes()[0] != 0;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::vector<TypeInfo> types;
    if (const Tensor* cond = ctx.InputConstant(0)) {
      ONEDGE_ASSIGN_OR_RETURN(const bool taken, Condition(*cond));
      ONEDGE_ASSIGN_OR_RETURN(types, ctx.InferSubgraph(taken ? *then_branch : *else_branch, {}));
    } else {
      // A branch that fails on these shapes cannot be taken, so the types of the other branch hold.
      Result<std::vector<TypeInfo>> first = ctx.InferSubgraph(*then_branch, {});
      Result<std::vector<TypeInfo>> second = ctx.InferSubgraph(*else_branch, {});
      if (!first.ok() && !second.ok()) return first.status();
      types = first.ok() ? *first : *second;
      for (size_t i = 0; first.ok() && second.ok() && i < types.size(); ++i) {
        ONEDGE_ASSIGN_OR_RETURN(types[i], JoinTypes(types[i], (*second)[i], StrCat("output ", i)));
      }
    }
    for (size_t i = 0; i < types.size(); ++i) ctx.SetOutputType(i, std::move(types[i]));
    return OkStatus();
  }

  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override;
};

// cond: bool [] or [1] -> the branch's outputs
class IfRuns final : public SubgraphRuns {
 public:
  explicit IfRuns(const If& op) : op_(op) {}

  Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) override {
    if (!branch_) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
      ONEDGE_ASSIGN_OR_RETURN(const bool taken, If::Condition(ctx.Input(0)));
      branch_ = taken ? op_.then_branch.get() : op_.else_branch.get();
      return branch_;
    }
    for (size_t i = 0; i < ctx.output_count(); ++i) ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, std::move(values[i])));
    return nullptr;
  }

 private:
  const If& op_;
  const graph::Graph* branch_ = nullptr;
};

std::unique_ptr<SubgraphRuns> If::StartSubgraphs() const { return std::make_unique<IfRuns>(*this); }

template <>
Result<OpPtr> Parse<If>(AttributeReader& attrs) {
  auto op = std::make_unique<If>();
  op->then_branch = attrs.RequiredSubgraph("then_branch");
  op->else_branch = attrs.RequiredSubgraph("else_branch");
  if (!op->then_branch || !op->else_branch) return CorruptFile("an If needs both its branches");
  if (op->then_branch->outputs.size() != attrs.output_count() ||
      op->else_branch->outputs.size() != attrs.output_count()) {
    return CorruptFile("the branches have ", op->then_branch->outputs.size(), " and ", op->else_branch->outputs.size(),
                       " outputs, the node has ", attrs.output_count());
  }
  if (!op->then_branch->inputs.empty() || !op->else_branch->inputs.empty()) {
    return CorruptFile("the branches of an If take no inputs");
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

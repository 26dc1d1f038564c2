// SequenceMap (ai.onnx 17): runs its body on each element of a sequence. Further sequences advance with it; further
// tensors are the same for all elements.
#include "ops/control/subgraph_op.h"
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SequenceMap final : SubgraphOp {
  std::shared_ptr<const graph::Graph> body;

  Status InferShapes(ShapeContext& ctx) const override {
    std::vector<TypeInfo> inputs;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      if (i > 0 && ctx.InputType(i).kind != TypeInfo::Kind::kSequence) {
        inputs.push_back(ctx.InputType(i));
        continue;
      }
      ONEDGE_ASSIGN_OR_RETURN(inputs.emplace_back(), SequenceElement(ctx, i));
    }
    ONEDGE_ASSIGN_OR_RETURN(std::vector<TypeInfo> outputs, ctx.InferSubgraph(*body, inputs));
    for (size_t i = 0; i < outputs.size(); ++i) ctx.SetOutputType(i, TypeInfo::Sequence(std::move(outputs[i])));
    return OkStatus();
  }

  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override;
};

// sequence, further sequences or tensors... -> sequences
class SequenceMapRuns final : public SubgraphRuns {
 public:
  explicit SequenceMapRuns(const SequenceMap& op) : op_(op), results_(op.body->outputs.size()) {}

  Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const first, SequenceInput(ctx, 0));
    const size_t count = first->elements.size();
    if (next_ == 0) {
      for (size_t i = 0; i < ctx.input_count(); ++i) {
        if (!ctx.HasInput(i)) return InvalidArgument("input ", i, " is required, but missing");
        if (ctx.InputValue(i).is_sequence() && ctx.InputValue(i).sequence().elements.size() != count) {
          return InvalidArgument("input ", i, ": expected a sequence of ", count, ", got ", ctx.InputValue(i));
        }
      }
    } else {
      for (size_t i = 0; i < results_.size(); ++i) results_[i].elements.push_back(std::move(values[i]));
    }
    if (next_ == count) {
      for (size_t i = 0; i < ctx.output_count(); ++i) {
        ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, Value(std::move(results_[i]))));
      }
      return nullptr;
    }
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    values.clear();
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      const Value& value = ctx.InputValue(i);
      values.push_back(value.is_sequence() ? value.sequence().elements[next_] : value);
    }
    ++next_;
    return op_.body.get();
  }

 private:
  const SequenceMap& op_;
  size_t next_ = 0;
  std::vector<Sequence> results_;
};

std::unique_ptr<SubgraphRuns> SequenceMap::StartSubgraphs() const { return std::make_unique<SequenceMapRuns>(*this); }

template <>
Result<OpPtr> Parse<SequenceMap>(AttributeReader& attrs) {
  auto op = std::make_unique<SequenceMap>();
  op->body = attrs.RequiredSubgraph("body");
  if (!op->body) return CorruptFile("a SequenceMap needs its body");
  if (op->body->inputs.size() != attrs.input_count() || op->body->outputs.size() < attrs.output_count()) {
    return CorruptFile("the node has ", attrs.input_count(), " inputs and ", attrs.output_count(),
                       " outputs, its body ", op->body->inputs.size(), " and ", op->body->outputs.size());
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

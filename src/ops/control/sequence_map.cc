// SequenceMap (ai.onnx 17): runs its body on each element of a sequence. Further sequences go along
// element by element, further tensors are the same for all.
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SequenceMap final : Op {
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

  // sequence, further sequences or tensors... -> sequences
  Status Run(OpContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Sequence* const first, SequenceInput(ctx, 0));
    const size_t count = first->elements.size();
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      if (!ctx.HasInput(i)) return InvalidArgument("input ", i, " is required, but missing");
      if (ctx.InputValue(i).is_sequence() && ctx.InputValue(i).sequence().elements.size() != count) {
        return InvalidArgument("input ", i, ": expected a sequence of ", count, ", got ", ctx.InputValue(i));
      }
    }
    std::vector<Sequence> results(body->outputs.size());
    for (size_t k = 0; k < count; ++k) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      std::vector<Value> inputs;
      for (size_t i = 0; i < ctx.input_count(); ++i) {
        const Value& value = ctx.InputValue(i);
        inputs.push_back(value.is_sequence() ? value.sequence().elements[k] : value);
      }
      ONEDGE_ASSIGN_OR_RETURN(auto outputs, ctx.RunSubgraph(*body, inputs));
      for (size_t i = 0; i < results.size(); ++i) results[i].elements.push_back(std::move(outputs[i]));
    }
    for (size_t i = 0; i < ctx.output_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, Value(std::move(results[i]))));
    }
    return OkStatus();
  }
};

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

// SequenceEmpty and SequenceConstruct (ai.onnx 11): an empty sequence, or one that holds the inputs.
#include "ops/control/type_join.h"
#include "ops/sequence/element_type.h"

namespace onedge::ops {

struct SequenceEmpty final : Op {
  DType dtype = DType::kFloat32;

  Status InferShapes(ShapeContext& ctx) const override {
    ctx.SetOutputType(0, TypeInfo::Sequence(TypeInfo::Tensor(dtype)));
    return OkStatus();
  }
  Status Run(OpContext& ctx) const override { return ctx.SetOutput(0, Value(Sequence())); }
};

template <>
Result<OpPtr> Parse<SequenceEmpty>(AttributeReader& attrs) {
  auto op = std::make_unique<SequenceEmpty>();
  op->dtype = attrs.Type("dtype", DType::kFloat32);
  return OpPtr(std::move(op));
}

struct SequenceConstruct final : Op {
  Status InferShapes(ShapeContext& ctx) const override {
    TypeInfo element;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
      ONEDGE_ASSIGN_OR_RETURN(element, JoinTypes(element, ctx.InputType(i), StrCat("input ", i)));
    }
    ctx.SetOutputType(0, TypeInfo::Sequence(std::move(element)));
    return OkStatus();
  }

  // inputs: any [...] of one dtype -> a sequence of them
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(ctx.input_count()));
    Sequence sequence;
    for (size_t i = 0; i < ctx.input_count(); ++i) {
      if (ctx.Input(i).dtype() != ctx.Input(0).dtype()) {
        return InvalidArgument("input ", i, ": ", ctx.Input(i), " in a sequence of ", DTypeName(ctx.Input(0).dtype()));
      }
      sequence.elements.push_back(ctx.InputValue(i));
    }
    return ctx.SetOutput(0, Value(std::move(sequence)));
  }
};

template <>
Result<OpPtr> Parse<SequenceConstruct>(AttributeReader&) {
  return OpPtr(std::make_unique<SequenceConstruct>());
}

}  // namespace onedge::ops

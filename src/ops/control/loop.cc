// Loop (ai.onnx 1): runs its body up to M times while its condition holds. Carried values may change their shape
// between turns; scan outputs stack one tensor from each turn.
#include "ops/control/scan_output.h"
#include "ops/control/subgraph_op.h"
#include "ops/control/type_join.h"

namespace onedge::ops {

struct Loop final : SubgraphOp {
  std::shared_ptr<const graph::Graph>
      body;  // (turn: i64, cond: bool, carried...) -> (cond, carried..., scan outputs...)
  size_t carried = 0;
  size_t scans = 0;
  bool turn_is_vector = false;  // some exporters declare the turn and the condition as [1]
  bool cond_is_vector = false;

  Status InferShapes(ShapeContext& ctx) const override {
    std::vector<TypeInfo> inputs = {
        TypeInfo::Tensor(DType::kInt64, turn_is_vector ? Dims{Dim::Known(1)} : Dims{}),
        TypeInfo::Tensor(DType::kBool, cond_is_vector ? Dims{Dim::Known(1)} : Dims{}),
    };
    for (size_t i = 0; i < carried; ++i) inputs.push_back(ctx.InputType(2 + i));
    std::vector<TypeInfo> outputs;
    // Types only widen from turn to turn: first dims, then the rank. The bound stops bodies that always make new
    // symbols.
    constexpr int kMaxPasses = 16;
    for (int pass = 0;; ++pass) {
      ONEDGE_ASSIGN_OR_RETURN(outputs, ctx.InferSubgraph(*body, inputs));
      bool widened = false;
      for (size_t i = 0; i < carried; ++i) {
        ONEDGE_ASSIGN_OR_RETURN(TypeInfo joined, JoinTypes(inputs[2 + i], outputs[1 + i], StrCat("carried value ", i)));
        if (pass >= kMaxPasses) joined.dims.reset();
        widened = widened || !SameType(joined, inputs[2 + i]);
        inputs[2 + i] = std::move(joined);
      }
      if (!widened || pass > kMaxPasses) break;
    }
    for (size_t i = 0; i < carried; ++i) ctx.SetOutputType(i, inputs[2 + i]);
    for (size_t i = 0; i < scans; ++i) {
      TypeInfo& turn = outputs[1 + carried + i];
      if (turn.dims) turn.dims->insert(0, Dim::Unknown());
      turn.kind = TypeInfo::Kind::kTensor;
      ctx.SetOutputType(carried + i, std::move(turn));
    }
    return OkStatus();
  }

  static Result<bool> Condition(const Value& value) {
    if (!value.is_tensor() || value.tensor().dtype() != DType::kBool || value.tensor().element_count() != 1) {
      return InvalidArgument("the condition: expected one bool, got ", value);
    }
    return value.tensor().bytes()[0] != 0;
  }

  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override;
};

// M: i64 [] (optional), cond: bool [] (optional), carried... -> carried..., scan outputs: [turns, ...]...
class LoopRuns final : public SubgraphRuns {
 public:
  explicit LoopRuns(const Loop& op) : op_(op), collected_(op.scans) {}

  Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) override {
    if (turn_ < 0) {
      ONEDGE_RETURN_IF_ERROR(Begin(ctx, values));
    } else {
      ONEDGE_RETURN_IF_ERROR(EndTurn(values));
    }
    ++turn_;
    if (!go_on_ || (limit_ && turn_ >= *limit_)) {
      ONEDGE_RETURN_IF_ERROR(Finish(ctx, values));
      return nullptr;
    }
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    // `values` are the carried values.
    const Shape one = {1};
    ONEDGE_ASSIGN_OR_RETURN(Tensor turn,
                            Tensor::FromValues<int64_t>(op_.turn_is_vector ? one : Shape(), {&turn_, 1}, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor cond,
                            Tensor::FromValues<bool>(op_.cond_is_vector ? one : Shape(), {&go_on_, 1}, ctx.budget()));
    values.insert(values.begin(), {std::move(turn), std::move(cond)});
    return op_.body.get();
  }

 private:
  // Turns `values` into the carried values.
  Status Begin(OpContext& ctx, std::vector<Value>& values) {
    if (ctx.HasInput(0)) {
      const Value& m = ctx.InputValue(0);
      if (!m.is_tensor() || m.tensor().dtype() != DType::kInt64 || m.tensor().element_count() != 1) {
        return InvalidArgument("input 0: expected one int64, got ", m);
      }
      limit_ = *m.tensor().data<int64_t>();
    }
    if (ctx.HasInput(1)) {
      ONEDGE_ASSIGN_OR_RETURN(go_on_, Loop::Condition(ctx.InputValue(1)));
    }
    values.assign(op_.carried, Value());
    for (size_t i = 0; i < op_.carried; ++i) {
      if (ctx.HasInput(2 + i)) values[i] = ctx.InputValue(2 + i);
    }
    return OkStatus();
  }

  // Turns `values`, the body's outputs, into the carried values.
  Status EndTurn(std::vector<Value>& values) {
    ONEDGE_ASSIGN_OR_RETURN(go_on_, Loop::Condition(values[0]));
    for (size_t i = 0; i < op_.scans; ++i) {
      ONEDGE_RETURN_IF_ERROR(collected_[i].Add(std::move(values[1 + op_.carried + i]), op_.carried + i));
    }
    values.erase(values.begin());
    values.resize(op_.carried);
    return OkStatus();
  }

  Status Finish(OpContext& ctx, std::vector<Value>& carried) {
    for (size_t i = 0; i < op_.carried && i < ctx.output_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, std::move(carried[i])));
    }
    for (size_t i = 0; i < op_.scans; ++i) {
      if (!ctx.WantsOutput(op_.carried + i)) continue;
      const graph::ValueId id = op_.body->outputs[1 + op_.carried + i];
      ONEDGE_RETURN_IF_ERROR(
          collected_[i].Finish(ctx, op_.carried + i, 0, false, op_.body->values[static_cast<size_t>(id)].type));
    }
    return OkStatus();
  }

  const Loop& op_;
  std::optional<int64_t> limit_;
  bool go_on_ = true;
  int64_t turn_ = -1;
  std::vector<ScanOutput> collected_;
};

std::unique_ptr<SubgraphRuns> Loop::StartSubgraphs() const { return std::make_unique<LoopRuns>(*this); }

template <>
Result<OpPtr> Parse<Loop>(AttributeReader& attrs) {
  auto op = std::make_unique<Loop>();
  op->body = attrs.RequiredSubgraph("body");
  if (!op->body) return CorruptFile("a Loop needs its body");
  const graph::Graph& body = *op->body;
  if (body.inputs.size() < 2 || body.outputs.size() + 1 < body.inputs.size()) {
    return CorruptFile("the body has ", body.inputs.size(), " inputs and ", body.outputs.size(),
                       " outputs: it takes the turn, the condition and the carried values, and "
                       "gives the condition and these");
  }
  op->carried = body.inputs.size() - 2;
  op->scans = body.outputs.size() - 1 - op->carried;
  if (attrs.input_count() > 2 + op->carried || attrs.output_count() > op->carried + op->scans) {
    return CorruptFile("the node has ", attrs.input_count(), " inputs and ", attrs.output_count(),
                       " outputs, its body ", op->carried, " carried values and ", op->scans, " scan outputs");
  }
  const auto is_vector = [&body](size_t input) {
    const TypeInfo& type = body.values[static_cast<size_t>(body.inputs[input])].type;
    return type.dims && type.dims->size() == 1;
  };
  op->turn_is_vector = is_vector(0);
  op->cond_is_vector = is_vector(1);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

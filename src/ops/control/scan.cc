// Scan (ai.onnx 8: batched, with sequence lengths; 9: any axes and directions): runs its body on each slice of the
// scanned inputs. State passes from turn to turn; scan outputs stack one tensor from each turn.
#include <algorithm>

#include "ops/control/scan_output.h"
#include "ops/control/subgraph_op.h"
#include "ops/control/type_join.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {
namespace {

// The slice of x at `index` along `axis`, without that dimension.
Result<Tensor> SliceAt(const Tensor& x, size_t axis, int64_t index, MemoryBudget* budget) {
  Shape shape = x.shape();
  shape.erase(axis);
  const int64_t inner = x.shape().element_count(axis + 1, x.rank());
  const int64_t outer = x.shape().element_count(0, axis);
  ONEDGE_ASSIGN_OR_RETURN(Tensor slice, Tensor::Allocate(x.dtype(), shape, budget));
  ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, budget));
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Over(slice, budget));
  CopyStrided(to.type(), from.at(index * inner), to.at(0), {{outer, x.dim(axis) * inner, inner}, {inner, 1, 1}},
              nullptr);
  to.Finish();
  return slice;
}

}  // namespace

struct Scan final : SubgraphOp {
  std::shared_ptr<const graph::Graph> body;  // (states..., slices...) -> (states..., scan outputs...)
  bool batched = false;                      // opset 8: input 0 is sequence_lens, dimension 0 of everything the batch
  size_t states = 0;
  size_t scanned = 0;
  size_t scan_outputs = 0;
  std::vector<int64_t> input_axes, output_axes;
  std::vector<int64_t> input_directions, output_directions;  // 1: from the last slice to the first

  // The number of inputs before the states.
  size_t first_state() const { return batched ? 1 : 0; }
  size_t first_scanned() const { return first_state() + states; }
  static int64_t At(const std::vector<int64_t>& list, size_t i) { return i < list.size() ? list[i] : 0; }
  Result<size_t> InputAxis(size_t i, size_t rank) const {
    if (batched) return NormalizeAxis(1, rank, "the sequence dimension");
    return NormalizeAxis(At(input_axes, i), rank, "attribute 'scan_input_axes'");
  }

  Status InferShapes(ShapeContext& ctx) const override {
    const auto without_batch = [this](TypeInfo type) {
      if (batched && type.dims && !type.dims->empty()) type.dims->erase(0);
      return type;
    };
    std::vector<TypeInfo> inputs;
    Dim batch = Dim::Unknown();
    Dim turns = Dim::Unknown();
    for (size_t i = 0; i < states; ++i) inputs.push_back(without_batch(ctx.InputType(first_state() + i)));
    for (size_t i = 0; i < scanned; ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(first_scanned() + i));
      TypeInfo type = ctx.InputType(first_scanned() + i);
      if (type.dims) {
        ONEDGE_ASSIGN_OR_RETURN(const size_t axis, InputAxis(i, type.dims->size()));
        if (!turns.known()) turns = (*type.dims)[axis];
        if (batched && !batch.known()) batch = (*type.dims)[0];
        type.dims->erase(axis);
      }
      inputs.push_back(without_batch(std::move(type)));
    }
    ONEDGE_ASSIGN_OR_RETURN(std::vector<TypeInfo> outputs, ctx.InferSubgraph(*body, inputs));
    for (size_t i = 0; i < states; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(TypeInfo type, JoinTypes(inputs[i], outputs[i], StrCat("state ", i)));
      if (batched && type.dims) type.dims->insert(0, batch);
      ctx.SetOutputType(i, std::move(type));
    }
    for (size_t i = 0; i < scan_outputs; ++i) {
      TypeInfo type = std::move(outputs[states + i]);
      type.kind = TypeInfo::Kind::kTensor;
      if (type.dims && batched) {
        type.dims->insert(0, turns);
        type.dims->insert(0, batch);
      } else if (type.dims) {
        ONEDGE_ASSIGN_OR_RETURN(const size_t axis, NormalizeAxis(At(output_axes, i), type.dims->size() + 1,
                                                                 "attribute 'scan_output_axes'"));
        type.dims->insert(axis, turns);
      }
      ctx.SetOutputType(states + i, std::move(type));
    }
    return OkStatus();
  }

  const TypeInfo& Declared(size_t output) const {
    return body->values[static_cast<size_t>(body->outputs[output])].type;
  }

  std::unique_ptr<SubgraphRuns> StartSubgraphs() const override;
};

// From opset 9: states: any [...]..., scanned: any [..., turns, ...]... -> states, scan outputs: any [..., turns,
// ...]... Opset 8: sequence_lens: i64 [batch] (optional), states: any [batch, ...]..., scanned: any [batch, turns,
// ...]...
class ScanRuns final : public SubgraphRuns {
 public:
  explicit ScanRuns(const Scan& op)
      : op_(op), sources_(op.scanned), axes_(op.scanned), collected_(op.scan_outputs), final_states_(op.states) {}

  Result<const graph::Graph*> Next(OpContext& ctx, std::vector<Value>& values) override {
    if (!begun_) {
      begun_ = true;
      ONEDGE_RETURN_IF_ERROR(op_.batched ? BeginBatched(ctx) : Begin(ctx, values));
    } else {
      for (size_t i = 0; i < op_.scan_outputs; ++i) {
        ONEDGE_RETURN_IF_ERROR(collected_[i].Add(std::move(values[op_.states + i]), op_.states + i));
      }
      values.resize(op_.states);
      ++turn_;
    }
    if (op_.batched) ONEDGE_RETURN_IF_ERROR(GoToTurn(ctx, values));
    if (turn_ == length_) {
      ONEDGE_RETURN_IF_ERROR(op_.batched ? FinishBatched(ctx) : Finish(ctx, values));
      return nullptr;
    }
    ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
    // `values` are the states.
    for (size_t i = 0; i < op_.scanned; ++i) {
      const int64_t index = Scan::At(op_.input_directions, i) != 0 ? length_ - 1 - turn_ : turn_;
      ONEDGE_ASSIGN_OR_RETURN(Tensor slice, SliceAt(sources_[i], axes_[i], index, ctx.budget()));
      values.emplace_back(std::move(slice));
    }
    return op_.body.get();
  }

 private:
  Status Begin(OpContext& ctx, std::vector<Value>& states) {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(op_.states + op_.scanned));
    for (size_t i = 0; i < op_.states; ++i) states.push_back(ctx.InputValue(i));
    for (size_t i = 0; i < op_.scanned; ++i) {
      sources_[i] = ctx.Input(op_.states + i);
      ONEDGE_ASSIGN_OR_RETURN(axes_[i], op_.InputAxis(i, sources_[i].rank()));
      if (sources_[i].dim(axes_[i]) != sources_[0].dim(axes_[0])) {
        return InvalidArgument("input ", op_.states + i, ": ", sources_[i].dim(axes_[i]), " slices, but input ",
                               op_.states, " has ", sources_[0].dim(axes_[0]));
      }
    }
    length_ = sources_[0].dim(axes_[0]);
    return OkStatus();
  }

  Status Finish(OpContext& ctx, std::vector<Value>& states) {
    for (size_t i = 0; i < op_.states && i < ctx.output_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, std::move(states[i])));
    }
    for (size_t i = 0; i < op_.scan_outputs; ++i) {
      const size_t output = op_.states + i;
      if (!ctx.WantsOutput(output)) continue;
      ONEDGE_RETURN_IF_ERROR(collected_[i].Finish(ctx, output, Scan::At(op_.output_axes, i),
                                                  Scan::At(op_.output_directions, i) != 0, op_.Declared(output)));
    }
    return OkStatus();
  }

  Status BeginBatched(OpContext& ctx) {
    for (size_t i = 1; i < 1 + op_.states + op_.scanned; ++i) {
      if (!ctx.HasInput(i) || !ctx.InputValue(i).is_tensor() ||
          ctx.Input(i).rank() < (i < op_.first_scanned() ? 1 : 2) ||
          ctx.Input(i).dim(0) != ctx.Input(op_.first_scanned()).dim(0)) {
        return InvalidArgument("input ", i, ": expected a tensor with the batch as its first dimension");
      }
    }
    batch_ = ctx.Input(op_.first_scanned()).dim(0);
    most_ = ctx.Input(op_.first_scanned()).dim(1);
    lengths_.resize(static_cast<size_t>(batch_), most_);
    if (ctx.HasInput(0)) {
      if (!ctx.InputValue(0).is_tensor()) return InvalidArgument("input 0: expected a tensor");
      ONEDGE_ASSIGN_OR_RETURN(lengths_, ctx.Input(0).ToInt64s("input 0"));
      if (lengths_.size() != static_cast<size_t>(batch_)) {
        return InvalidArgument("input 0: expected ", batch_, " lengths, got ", ctx.Input(0));
      }
    }
    return OkStatus();
  }

  // Goes from the end of a batch entry's turns to the first turn of the next entry that has turns. `states` become
  // those of that entry.
  Status GoToTurn(OpContext& ctx, std::vector<Value>& states) {
    while (turn_ == length_ && entry_ < batch_) {
      if (entry_ >= 0) ONEDGE_RETURN_IF_ERROR(EndEntry(states));
      if (++entry_ < batch_) ONEDGE_RETURN_IF_ERROR(BeginEntry(ctx, states));
    }
    return OkStatus();
  }

  Status BeginEntry(OpContext& ctx, std::vector<Value>& states) {
    states.clear();
    for (size_t i = 0; i < op_.states; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(states.emplace_back(), SliceAt(ctx.Input(1 + i), 0, entry_, ctx.budget()));
    }
    turn_ = 0;
    length_ = lengths_[static_cast<size_t>(entry_)];
    for (size_t i = 0; i < op_.scanned; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(sources_[i], SliceAt(ctx.Input(op_.first_scanned() + i), 0, entry_, ctx.budget()));
      if (length_ < 0 || length_ > sources_[i].dim(0)) return InvalidArgument("input 0: a length of ", length_);
    }
    return OkStatus();
  }

  Status EndEntry(std::vector<Value>& states) {
    for (size_t i = 0; i < op_.states; ++i) ONEDGE_RETURN_IF_ERROR(final_states_[i].Add(std::move(states[i]), i));
    for (int64_t turn = length_; turn < most_; ++turn) {
      for (ScanOutput& output : collected_) output.AddZeros();
    }
    return OkStatus();
  }

  Status FinishBatched(OpContext& ctx) {
    for (size_t i = 0; i < op_.states; ++i) {
      if (ctx.WantsOutput(i)) ONEDGE_RETURN_IF_ERROR(final_states_[i].Finish(ctx, i, 0, false, op_.Declared(i)));
    }
    for (size_t i = 0; i < op_.scan_outputs; ++i) {
      const size_t output = op_.states + i;
      if (!ctx.WantsOutput(output)) continue;
      ONEDGE_RETURN_IF_ERROR(
          collected_[i].Finish(ctx, output, 0, false, op_.Declared(output), ScanOutput::Batch{batch_, most_}));
    }
    return OkStatus();
  }

  const Scan& op_;
  bool begun_ = false;
  int64_t turn_ = 0;
  int64_t length_ = 0;  // turns of this batch entry
  std::vector<Tensor> sources_;
  std::vector<size_t> axes_;  // for each of sources_: the axis of the turns
  std::vector<ScanOutput> collected_;
  // Opset 8:
  std::vector<ScanOutput> final_states_;
  int64_t entry_ = -1;  // index in the batch
  int64_t batch_ = 0;
  int64_t most_ = 0;  // maximum turns
  InlineVector<int64_t, 8> lengths_;
};

std::unique_ptr<SubgraphRuns> Scan::StartSubgraphs() const { return std::make_unique<ScanRuns>(*this); }

template <>
Result<OpPtr> Parse<Scan>(AttributeReader& attrs) {
  auto op = std::make_unique<Scan>();
  op->body = attrs.RequiredSubgraph("body");
  const int64_t scanned = attrs.RequiredInt("num_scan_inputs");
  op->batched = attrs.opset() < 9;
  if (op->batched) {
    op->input_directions = attrs.Ints("directions");
  } else {
    op->input_axes = attrs.Ints("scan_input_axes");
    op->output_axes = attrs.Ints("scan_output_axes");
    op->input_directions = attrs.Ints("scan_input_directions");
    op->output_directions = attrs.Ints("scan_output_directions");
  }
  if (!op->body) return CorruptFile("a Scan needs its body");
  const size_t body_inputs = op->body->inputs.size();
  if (scanned < 1 || static_cast<uint64_t>(scanned) > body_inputs) {
    return CorruptFile("attribute 'num_scan_inputs' is ", scanned, ", but the body has ", body_inputs, " inputs");
  }
  op->scanned = static_cast<size_t>(scanned);
  op->states = body_inputs - op->scanned;
  if (op->body->outputs.size() < op->states || attrs.input_count() != op->first_state() + body_inputs ||
      attrs.output_count() > op->body->outputs.size()) {
    return CorruptFile("the node has ", attrs.input_count(), " inputs and ", attrs.output_count(),
                       " outputs, its body ", body_inputs, " and ", op->body->outputs.size());
  }
  op->scan_outputs = op->body->outputs.size() - op->states;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// Scan (ai.onnx 8: batched, with sequence lengths; 9: any axes and directions): runs its body on
// each slice of the scanned inputs. State goes from turn to turn; scan outputs stack what each turn
// gives.
#include <algorithm>

#include "ops/control/scan_output.h"
#include "ops/control/type_join.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {
namespace {

// x without dimension `axis`, at `index` of it.
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

struct Scan final : Op {
  std::shared_ptr<const graph::Graph> body;  // (states..., slices...) -> (states..., scan outputs...)
  bool batched = false;                      // opset 8: input 0 is sequence_lens, dimension 0 of everything the batch
  size_t states = 0;
  size_t scanned = 0;
  size_t scan_outputs = 0;
  std::vector<int64_t> input_axes, output_axes;
  std::vector<int64_t> input_directions, output_directions;  // 1: from the last slice to the first

  // Inputs before the states.
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

  // Runs the body over `length` slices of the scanned tensors; `state` is updated, scan outputs are
  // added to `collected`.
  Status RunTurns(OpContext& ctx, std::span<const Tensor> sources, std::span<const size_t> axes, int64_t length,
                  std::vector<Value>& state, std::vector<ScanOutput>& collected) const {
    for (int64_t turn = 0; turn < length; ++turn) {
      ONEDGE_RETURN_IF_ERROR(ctx.CheckCancelled());
      std::vector<Value> inputs = std::move(state);
      for (size_t i = 0; i < scanned; ++i) {
        const int64_t index = At(input_directions, i) != 0 ? length - 1 - turn : turn;
        ONEDGE_ASSIGN_OR_RETURN(Tensor slice, SliceAt(sources[i], axes[i], index, ctx.budget()));
        inputs.emplace_back(std::move(slice));
      }
      ONEDGE_ASSIGN_OR_RETURN(auto outputs, ctx.RunSubgraph(*body, inputs));
      for (size_t i = 0; i < scan_outputs; ++i) {
        ONEDGE_RETURN_IF_ERROR(collected[i].Add(std::move(outputs[states + i]), states + i));
      }
      outputs.resize(states);
      state = std::move(outputs);
    }
    return OkStatus();
  }

  const TypeInfo& Declared(size_t output) const {
    return body->values[static_cast<size_t>(body->outputs[output])].type;
  }

  // states: any [...]..., scanned: any [..., turns, ...]... -> states, scan outputs: any [...,
  // turns, ...]...
  Status Run(OpContext& ctx) const override {
    if (batched) return RunBatched(ctx);
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(states + scanned));
    std::vector<Value> state;
    for (size_t i = 0; i < states; ++i) state.push_back(ctx.InputValue(i));
    std::vector<Tensor> sources;
    std::vector<size_t> axes;
    for (size_t i = 0; i < scanned; ++i) {
      sources.push_back(ctx.Input(states + i));
      ONEDGE_ASSIGN_OR_RETURN(axes.emplace_back(), InputAxis(i, sources[i].rank()));
      if (sources[i].dim(axes[i]) != sources[0].dim(axes[0])) {
        return InvalidArgument("input ", states + i, ": ", sources[i].dim(axes[i]), " slices, but input ", states,
                               " has ", sources[0].dim(axes[0]));
      }
    }
    std::vector<ScanOutput> collected(scan_outputs);
    ONEDGE_RETURN_IF_ERROR(RunTurns(ctx, sources, axes, sources[0].dim(axes[0]), state, collected));
    for (size_t i = 0; i < states && i < ctx.output_count(); ++i) {
      ONEDGE_RETURN_IF_ERROR(ctx.SetOutput(i, std::move(state[i])));
    }
    for (size_t i = 0; i < scan_outputs; ++i) {
      if (!ctx.WantsOutput(states + i)) continue;
      ONEDGE_RETURN_IF_ERROR(collected[i].Finish(ctx, states + i, At(output_axes, i), At(output_directions, i) != 0,
                                                 Declared(states + i)));
    }
    return OkStatus();
  }

  // Opset 8. sequence_lens: i64 [batch] (optional), states: any [batch, ...]..., scanned: any
  // [batch, turns, ...]...
  Status RunBatched(OpContext& ctx) const {
    for (size_t i = 1; i < 1 + states + scanned; ++i) {
      if (!ctx.HasInput(i) || !ctx.InputValue(i).is_tensor() || ctx.Input(i).rank() < (i < first_scanned() ? 1 : 2) ||
          ctx.Input(i).dim(0) != ctx.Input(first_scanned()).dim(0)) {
        return InvalidArgument("input ", i, ": expected a tensor with the batch as its first dimension");
      }
    }
    const int64_t batch = ctx.Input(first_scanned()).dim(0);
    const int64_t most = ctx.Input(first_scanned()).dim(1);
    InlineVector<int64_t, 8> lengths(static_cast<size_t>(batch), most);
    if (ctx.HasInput(0)) {
      if (!ctx.InputValue(0).is_tensor()) return InvalidArgument("input 0: expected a tensor");
      ONEDGE_ASSIGN_OR_RETURN(lengths, ctx.Input(0).ToInt64s("input 0"));
      if (lengths.size() != static_cast<size_t>(batch)) {
        return InvalidArgument("input 0: expected ", batch, " lengths, got ", ctx.Input(0));
      }
    }
    std::vector<ScanOutput> final_states(states);
    std::vector<ScanOutput> collected(scan_outputs);
    const std::vector<size_t> axes(scanned, 0);
    for (int64_t b = 0; b < batch; ++b) {
      std::vector<Value> state(states);
      for (size_t i = 0; i < states; ++i) {
        ONEDGE_ASSIGN_OR_RETURN(state[i], SliceAt(ctx.Input(1 + i), 0, b, ctx.budget()));
      }
      std::vector<Tensor> sources(scanned);
      const int64_t length = lengths[static_cast<size_t>(b)];
      for (size_t i = 0; i < scanned; ++i) {
        ONEDGE_ASSIGN_OR_RETURN(sources[i], SliceAt(ctx.Input(first_scanned() + i), 0, b, ctx.budget()));
        if (length < 0 || length > sources[i].dim(0)) return InvalidArgument("input 0: a length of ", length);
      }
      ONEDGE_RETURN_IF_ERROR(RunTurns(ctx, sources, axes, length, state, collected));
      for (size_t i = 0; i < states; ++i) ONEDGE_RETURN_IF_ERROR(final_states[i].Add(std::move(state[i]), i));
      for (int64_t turn = length; turn < most; ++turn) {
        for (ScanOutput& output : collected) output.AddZeros();
      }
    }
    for (size_t i = 0; i < states; ++i) {
      if (ctx.WantsOutput(i)) ONEDGE_RETURN_IF_ERROR(final_states[i].Finish(ctx, i, 0, false, Declared(i)));
    }
    for (size_t i = 0; i < scan_outputs; ++i) {
      if (!ctx.WantsOutput(states + i)) continue;
      ONEDGE_RETURN_IF_ERROR(
          collected[i].Finish(ctx, states + i, 0, false, Declared(states + i), ScanOutput::Batch{batch, most}));
    }
    return OkStatus();
  }
};

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

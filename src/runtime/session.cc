#include "runtime/session.h"

#include <algorithm>

#include "runtime/executor.h"
#include "runtime/plan.h"

namespace onedge::runtime {
namespace {

std::string QuotedNames(const std::vector<SignatureEntry>& entries) {
  std::string out;
  for (const SignatureEntry& entry : entries) out += StrCat(out.empty() ? "" : ", ", "'", entry.name, "'");
  return out;
}

// The size of a symbolic dimension in this run, and the input that set it.
struct SymbolSize {
  int32_t symbol;
  int64_t size;
  const SignatureEntry* input;
};
using SymbolSizes = InlineVector<SymbolSize, 16>;

Status CheckDims(const SignatureEntry& expected, const Shape& shape, const graph::SymbolTable& symbols,
                 SymbolSizes& sizes) {
  const graph::Dims& dims = *expected.type.dims;
  for (size_t i = 0; i < dims.size(); ++i) {
    if (dims[i].symbol < 0) continue;
    const SymbolSize* known = std::find_if(sizes.begin(), sizes.end(),
                                           [&](const SymbolSize& entry) { return entry.symbol == dims[i].symbol; });
    if (known == sizes.end()) {
      sizes.push_back({dims[i].symbol, shape[i], &expected});
    } else if (known->size != shape[i]) {
      return InvalidArgument("input '", expected.name, "': dimension ", i, " (",
                             symbols.names[static_cast<size_t>(dims[i].symbol)], ") is ", shape[i], ", but ",
                             known->size, " in input '", known->input->name, "'; both must be equal");
    }
  }
  return OkStatus();
}

Status CheckInput(const SignatureEntry& expected, const Value& value, const graph::SymbolTable& symbols,
                  SymbolSizes& sizes) {
  using Kind = graph::TypeInfo::Kind;
  const auto mismatch = [&] {
    return InvalidArgument("input '", expected.name, "': expected ", expected.type.ToString(symbols), ", got ",
                           value.ToString());
  };
  switch (expected.type.kind) {
    case Kind::kUnknown:
    case Kind::kOptional:
      return OkStatus();
    case Kind::kSequence:
      return value.is_sequence() ? OkStatus() : mismatch();
    case Kind::kMap:
      return value.is_map() ? OkStatus() : mismatch();
    case Kind::kTensor:
      break;
  }
  if (!value.is_tensor()) return mismatch();
  const Tensor& tensor = value.tensor();
  if (expected.type.dtype != DType::kUndefined && expected.type.dtype != tensor.dtype()) return mismatch();
  if (!expected.type.dims) return OkStatus();
  if (expected.type.dims->size() != tensor.rank()) return mismatch();
  for (size_t i = 0; i < tensor.rank(); ++i) {
    const graph::Dim& dim = (*expected.type.dims)[i];
    if (dim.known() && dim.value != tensor.dim(i)) return mismatch();
  }
  return CheckDims(expected, tensor.shape(), symbols, sizes);
}

// True for a tensor that a run cannot read where it lies. In this session's arena (an output of an earlier run, or a
// view of one) the run would overwrite it. Without padding kernels, which load whole vectors, would read past the end
// of what the caller may own.
bool MustMove(const Tensor& tensor, const Buffer& arena) {
  const Buffer& buffer = tensor.buffer();
  return buffer && (!buffer.padded() || buffer.data() == arena.data());
}

bool MustMove(const Value& value, const Buffer& arena) {
  const auto any = [&](const std::vector<Value>& values) {
    return std::any_of(values.begin(), values.end(), [&](const Value& element) { return MustMove(element, arena); });
  };
  if (value.is_tensor()) return MustMove(value.tensor(), arena);
  if (value.is_sequence()) return any(value.sequence().elements);
  if (value.is_map()) return MustMove(value.map().keys, arena) || any(value.map().values);
  return false;
}

// `value`, or a copy of it with elements of its own where it must move.
Result<Value> InputForRun(const Value& value, const Buffer& arena, MemoryBudget* budget) {
  if (!MustMove(value, arena)) return value;
  const auto move_all = [&](const std::vector<Value>& from, std::vector<Value>& to) -> Status {
    for (const Value& element : from) {
      ONEDGE_ASSIGN_OR_RETURN(to.emplace_back(), InputForRun(element, arena, budget));
    }
    return OkStatus();
  };
  if (value.is_sequence()) {
    Sequence sequence;
    ONEDGE_RETURN_IF_ERROR(move_all(value.sequence().elements, sequence.elements));
    return Value(std::move(sequence));
  }
  if (value.is_map()) {
    Map map;
    ONEDGE_ASSIGN_OR_RETURN(map.keys, value.map().keys.Clone(budget));
    ONEDGE_RETURN_IF_ERROR(move_all(value.map().values, map.values));
    return Value(std::move(map));
  }
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, value.tensor().Clone(budget));
  return Value(std::move(tensor));
}

}  // namespace

Session::Session(std::shared_ptr<const Model> model, const SessionOptions& options)
    : model_(std::move(model)), options_(options) {
  if (!options_.budget) options_.budget = model_->budget();
}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Create(std::shared_ptr<const Model> model, const SessionOptions& options) {
  if (!model) return InvalidArgument("a session needs a model");
  if (options.max_cached_plans == 0) return InvalidArgument("max_cached_plans must be at least 1");
  std::unique_ptr<Session> session(new Session(std::move(model), options));
  for (const backends::Backend* backend : session->model_->backends()) {
    ONEDGE_ASSIGN_OR_RETURN(auto opened, backend->Open({session->options_.threads, session->options_.budget}));
    session->backends_.push_back(std::move(opened));
  }
  return session;
}

Status Session::BindInputs(std::span<const NamedValue> inputs) {
  const std::vector<SignatureEntry>& expected = model_->inputs();
  bound_inputs_.assign(expected.size(), nullptr);
  for (const NamedValue& input : inputs) {
    const auto found = std::find_if(expected.begin(), expected.end(),
                                    [&](const SignatureEntry& entry) { return entry.name == input.name; });
    if (found == expected.end()) {
      return InvalidArgument("input '", input.name, "' is unknown; this model takes ", QuotedNames(expected));
    }
    const Value*& slot = bound_inputs_[static_cast<size_t>(found - expected.begin())];
    if (slot) return InvalidArgument("input '", input.name, "' is given twice");
    slot = &input.value;
  }
  SymbolSizes sizes;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!bound_inputs_[i]) {
      return InvalidArgument("input '", expected[i].name, "' is missing: expected ",
                             expected[i].type.ToString(model_->symbols()));
    }
    ONEDGE_RETURN_IF_ERROR(CheckInput(expected[i], *bound_inputs_[i], model_->symbols(), sizes));
  }
  return OkStatus();
}

Result<Plan*> Session::FindOrMakePlan() {
  const auto found =
      std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) { return plan->Matches(bound_inputs_); });
  if (found != plans_.end()) {
    plans_.splice(plans_.begin(), plans_, found);
  } else {
    ONEDGE_ASSIGN_OR_RETURN(auto plan,
                            Plan::Make(model_->program(), bound_inputs_, backends_, options_.threads, options_.budget));
    if (plans_.size() >= options_.max_cached_plans) plans_.pop_back();
    plans_.push_front(std::move(plan));
  }
  Plan* plan = plans_.front().get();
  if (plan->arena_bytes() > arena_.size()) {
    for (const auto& other : plans_) other->Unbind();
    arena_ = Buffer();  // before the larger one is taken, so that both never exist together
    ONEDGE_ASSIGN_OR_RETURN(arena_, Buffer::Allocate(plan->arena_bytes(), options_.budget));
  }
  if (!plan->bound()) ONEDGE_RETURN_IF_ERROR(plan->Bind(model_->program(), arena_));
  return plan;
}

Result<std::span<const Value>> Session::Run(std::span<const NamedValue> inputs, const RunOptions& options) {
  outputs_.clear();
  ONEDGE_RETURN_IF_ERROR(BindInputs(inputs));
  ONEDGE_ASSIGN_OR_RETURN(Plan * plan, FindOrMakePlan());

  const graph::Graph& graph = model_->graph();
  std::vector<Value>& values = plan->values();
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    ONEDGE_ASSIGN_OR_RETURN(values[static_cast<size_t>(graph.inputs[i])],
                            InputForRun(*bound_inputs_[i], arena_, options_.budget));
  }
  RunState state{options, backends_, options_.threads, options_.budget};
  const Status status = RunProgram(model_->program(), plan, arena_, values, state);
  if (status.ok()) {
    for (graph::ValueId id : graph.outputs) outputs_.push_back(values[static_cast<size_t>(id)]);
  }
  // What belongs to this run only must not be kept alive by the plan.
  for (size_t id = 0; id < values.size(); ++id) {
    const Plan::Place place = plan->planned(static_cast<graph::ValueId>(id)).place;
    if (place != Plan::Place::kArena && place != Plan::Place::kConstant) values[id] = Value();
  }
  if (!status.ok()) return status;
  return std::span<const Value>(outputs_);
}

}  // namespace onedge::runtime

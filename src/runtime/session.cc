#include "runtime/session.h"

#include <algorithm>

#include "runtime/executor.h"
#include "runtime/plan.h"
#include "runtime/state.h"

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

// True for a tensor that a run cannot read in place. The run would overwrite a tensor in this session's arena (an
// output of an earlier run, or a view of one). Without padding, kernels, which load whole vectors, would read past the
// end of the caller's memory.
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

// `value`, or a copy with its own elements if it must move.
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
  if (!options_.device_budget) options_.device_budget = model_->device_budget();
  run_state_ = std::make_unique<RunState>(RunState{run_options_, backends_, options_.threads, options_.budget});
  executor_ = std::make_unique<Executor>(model_->program(), *run_state_);
}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::Create(std::shared_ptr<const Model> model, const SessionOptions& options) {
  if (!model) return InvalidArgument("a session needs a model");
  if (options.max_cached_plans == 0) return InvalidArgument("max_cached_plans must be at least 1");
  std::unique_ptr<Session> session(new Session(std::move(model), options));
  const SessionOptions& settled = session->options_;
  for (const backends::Backend* backend : session->model_->backends()) {
    ONEDGE_ASSIGN_OR_RETURN(auto opened, backend->Open({settled.threads, settled.budget, settled.device_budget}));
    session->backends_.push_back(std::move(opened));
  }
  return session;
}

Status Session::BindInputs(std::span<const NamedValue> inputs, const State* state) {
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
  if (state) {
    state_values_.clear();
    for (const State::Held& held : state->values_) state_values_.emplace_back(held.tensor);
    for (size_t i = 0; i < state_values_.size(); ++i) {
      const size_t input = state->bindings_[i].input;
      if (bound_inputs_[input])
        return InvalidArgument("input '", expected[input].name, "' comes from the state; do not pass it");
      bound_inputs_[input] = &state_values_[i];
    }
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
    Keep(std::move(plan));
  }
  ONEDGE_RETURN_IF_ERROR(BindArena(*plans_.front()));
  return plans_.front().get();
}

void Session::Keep(std::unique_ptr<Plan> plan) {
  ++plans_made_;
  if (plans_.size() >= options_.max_cached_plans) plans_.pop_back();
  plans_.push_front(std::move(plan));
}

Status Session::BindArena(Plan& plan) {
  if (plan.arena_bytes() > arena_.size()) {
    for (const auto& other : plans_) other->Unbind();
    arena_ = Buffer();  // released before the larger one is allocated, so that both never exist together
    ONEDGE_ASSIGN_OR_RETURN(arena_, Buffer::Allocate(plan.arena_bytes(), options_.budget));
  }
  return plan.bound() ? OkStatus() : plan.Bind(model_->program(), arena_);
}

Result<runtime::Run> Session::Start(std::span<const NamedValue> inputs, RunOptions options) {
  if (running_) return InvalidArgument("the session is in the middle of a run: finish or drop it first");
  outputs_.clear();
  State* const state = options.state;
  if (state) ONEDGE_RETURN_IF_ERROR(CheckState(*state));
  ONEDGE_RETURN_IF_ERROR(BindInputs(inputs, state));
  ONEDGE_ASSIGN_OR_RETURN(running_, state ? FindOrMakePlan(*state) : FindOrMakePlan());
  runtime::Run run(this);
  run_options_ = std::move(options);
  if (state) state->in_use_ = true;
  std::vector<Value>& values = running_->values();
  const graph::Graph& graph = model_->graph();
  for (size_t i = 0; i < graph.inputs.size(); ++i) {
    ONEDGE_ASSIGN_OR_RETURN(values[static_cast<size_t>(graph.inputs[i])],
                            InputForRun(*bound_inputs_[i], arena_, options_.budget));
  }
  if (state) ONEDGE_RETURN_IF_ERROR(BindState(*state));
  executor_->Begin(running_, arena_, values);
  return run;
}

Result<std::span<const Value>> Session::Run(std::span<const NamedValue> inputs, const RunOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(runtime::Run run, Start(inputs, options));
  ONEDGE_RETURN_IF_ERROR(run.Finish());
  return run.outputs();
}

Result<RunProgress> Session::StepRun(Deadline until) {
  Result<RunProgress> progress = executor_->Step(until);
  if (progress.ok() && *progress != RunProgress::kDone) return progress;
  if (progress.ok()) {
    if (Status status = TakeOutputs(); !status.ok()) progress = std::move(status);
  }
  EndRun();
  return progress;
}

Status Session::TakeOutputs() {
  const graph::Graph& graph = model_->graph();
  for (graph::ValueId id : graph.outputs) {
    const Value& value = running_->values()[static_cast<size_t>(id)];
    const std::optional<Room>& room = running_->planned(id).room;
    if (!run_options_.state || !room || IsDense(value.tensor().shape(), *room)) {
      outputs_.push_back(value);
    } else {
      outputs_.emplace_back();
    }
  }
  return run_options_.state ? AdvanceState(*run_options_.state) : OkStatus();
}

void Session::EndRun() {
  executor_->End();
  // The plan must not keep values of this run alive.
  std::vector<Value>& values = running_->values();
  for (size_t id = 0; id < values.size(); ++id) {
    const Plan::Place place = running_->planned(static_cast<graph::ValueId>(id)).place;
    if (place != Plan::Place::kArena && place != Plan::Place::kConstant) values[id] = Value();
  }
  if (run_options_.state) run_options_.state->in_use_ = false;
  state_values_.clear();
  run_options_ = {};
  running_ = nullptr;
}

Run::Run(Run&& other) noexcept
    : session_(std::exchange(other.session_, nullptr)), outputs_(std::exchange(other.outputs_, {})) {}

Run& Run::operator=(Run&& other) noexcept {
  std::swap(session_, other.session_);
  std::swap(outputs_, other.outputs_);
  return *this;
}

Run::~Run() {
  if (session_) session_->EndRun();
}

Result<RunProgress> Run::Step(Deadline until) {
  if (!session_) return InvalidArgument("this run has ended");
  Result<RunProgress> progress = session_->StepRun(until);
  if (progress.ok() && *progress != RunProgress::kDone) return progress;
  if (progress.ok()) outputs_ = session_->outputs_;
  session_ = nullptr;
  return progress;
}

Status Run::Finish() {
  for (;;) {
    ONEDGE_ASSIGN_OR_RETURN(const RunProgress progress, Step());
    if (progress == RunProgress::kDone) return OkStatus();
  }
}

}  // namespace onedge::runtime

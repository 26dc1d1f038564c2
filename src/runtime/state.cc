#include "runtime/state.h"

#include <algorithm>

#include "base/checked_math.h"
#include "runtime/model.h"

namespace onedge::runtime {
namespace {

constexpr int64_t kLeastRoom = 64;  // entries

Result<size_t> Find(const std::vector<SignatureEntry>& entries, const std::string& name, std::string_view what) {
  const auto found =
      std::find_if(entries.begin(), entries.end(), [&](const SignatureEntry& entry) { return entry.name == name; });
  if (found == entries.end()) return InvalidArgument("state: the model has no ", what, " '", name, "'");
  return static_cast<size_t>(found - entries.begin());
}

}  // namespace

Result<std::unique_ptr<State>> State::Create(std::shared_ptr<const Model> model, std::vector<StatePair> pairs,
                                             const std::vector<GrowingInput>& growing_inputs, MemoryBudget* budget) {
  if (!model) return InvalidArgument("a state needs a model");
  std::unique_ptr<State> state(new State());
  state->budget_ = budget ? budget : model->budget();
  for (StatePair& pair : pairs) {
    ONEDGE_ASSIGN_OR_RETURN(const size_t input, Find(model->inputs(), pair.input, "input"));
    ONEDGE_ASSIGN_OR_RETURN(const size_t output, Find(model->outputs(), pair.output, "output"));
    const DType dtype = pair.initial.dtype();
    if (!pair.initial.defined() || dtype == DType::kString || DTypeBits(dtype) % 8 != 0) {
      return InvalidArgument("state '", pair.input, "': expected an initial tensor of whole bytes, got ", pair.initial);
    }
    if (pair.axis && *pair.axis >= pair.initial.rank()) {
      return InvalidArgument("state '", pair.input, "': dimension ", *pair.axis, " of ", pair.initial,
                             " does not exist");
    }
    for (const StateBinding& other : state->bindings_) {
      if (other.input == input || other.output == output) {
        return InvalidArgument("state '", pair.input, "': its input or output is in two pairs");
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(pair.initial, pair.initial.Clone(state->budget_));
    state->bindings_.push_back({input, output, pair.axis});
  }
  for (const GrowingInput& growing : growing_inputs) {
    ONEDGE_ASSIGN_OR_RETURN(const size_t input, Find(model->inputs(), growing.input, "input"));
    state->growing_inputs_.emplace_back(input, growing.axis);
  }
  state->model_ = std::move(model);
  state->pairs_ = std::move(pairs);
  state->values_.resize(state->pairs_.size());
  ONEDGE_RETURN_IF_ERROR(state->Reset());
  return state;
}

Status State::Reset() {
  if (in_use_) return InvalidArgument("the state is in use by a run");
  for (size_t i = 0; i < pairs_.size(); ++i) ONEDGE_RETURN_IF_ERROR(SetInitial(i));
  half_written_ = false;
  return OkStatus();
}

Status State::SetInitial(size_t i) {
  const Tensor& initial = pairs_[i].initial;
  Held& held = values_[i];
  if (pairs_[i].axis) {
    held.tensor = Tensor();
    held.room = Room{*pairs_[i].axis, 0};
    ONEDGE_ASSIGN_OR_RETURN(
        held.tensor, Tensor::Allocate(initial.dtype(), WithEntries(initial.shape(), *pairs_[i].axis, 0), budget_));
    ONEDGE_RETURN_IF_ERROR(Grow(i, std::max(initial.dim(*pairs_[i].axis), kLeastRoom)));
    return Store(i, initial);
  }
  ONEDGE_ASSIGN_OR_RETURN(held.tensor, initial.Clone(budget_));
  return OkStatus();
}

Status State::Grow(size_t i, int64_t entries) {
  Held& held = values_[i];
  if (entries <= held.room->entries) return OkStatus();
  const auto doubled = CheckedMultiply<int64_t>(held.room->entries, 2);
  const int64_t room = std::max(doubled.value_or(entries), (entries + kLeastRoom - 1) / kLeastRoom * kLeastRoom);
  const size_t axis = held.room->axis;
  ONEDGE_ASSIGN_OR_RETURN(Tensor tensor,
                          Tensor::Allocate(held.tensor.dtype(), WithEntries(held.tensor.shape(), axis, room), budget_));
  CopyEntries(held.tensor.dtype(), held.tensor.shape(), axis, held.tensor.bytes(), held.room->entries,
              tensor.mutable_bytes(), room);
  ONEDGE_ASSIGN_OR_RETURN(held.tensor, Tensor::FromBuffer(tensor.dtype(), held.tensor.shape(), tensor.buffer()));
  held.room->entries = room;
  return OkStatus();
}

Status State::Store(size_t i, const Tensor& tensor) {
  Held& held = values_[i];
  if (tensor.bytes() == held.tensor.bytes() && tensor.shape() == held.tensor.shape()) return OkStatus();  // itself
  const auto differs = [&] {
    return InvalidArgument("state '", pairs_[i].input, "': expected ", held.tensor, " as output '", pairs_[i].output,
                           "', got ", tensor, pairs_[i].axis ? "; only the dimension that grows may differ" : "");
  };
  if (tensor.dtype() != held.tensor.dtype() || tensor.rank() != held.tensor.rank()) return differs();
  if (!held.room) {
    if (!(tensor.shape() == held.tensor.shape())) return differs();
    std::copy_n(tensor.bytes(), tensor.byte_size(), held.tensor.mutable_bytes());
    return OkStatus();
  }
  const size_t axis = held.room->axis;
  const int64_t entries = tensor.dim(axis);
  if (!(WithEntries(tensor.shape(), axis, 0) == WithEntries(held.tensor.shape(), axis, 0))) return differs();
  ONEDGE_RETURN_IF_ERROR(Grow(i, entries));
  CopyEntries(tensor.dtype(), tensor.shape(), axis, tensor.bytes(), entries, held.tensor.mutable_bytes(),
              held.room->entries);
  ONEDGE_ASSIGN_OR_RETURN(held.tensor, Tensor::FromBuffer(tensor.dtype(), tensor.shape(), held.tensor.buffer()));
  return OkStatus();
}

Result<Tensor> State::Read(size_t i) const {
  const Held& held = values_[i];
  if (held.room) return DenseCopy(held.tensor, *held.room, budget_);
  return held.tensor.Clone(budget_);
}

}  // namespace onedge::runtime

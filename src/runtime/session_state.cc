// The part of Session for runs with a State.
#include <algorithm>

#include "runtime/executor.h"
#include "runtime/session.h"
#include "runtime/state.h"

namespace onedge::runtime {

Status Session::CheckState(const State& state) const {
  if (state.model_ != model_) return InvalidArgument("the state belongs to another model");
  if (state.in_use_) return InvalidArgument("the state is in use by another run");
  if (state.half_written_) {
    return InvalidArgument("the state is incomplete, because a run did not finish; reset it");
  }
  return OkStatus();
}

Result<Plan*> Session::FindOrMakePlan(State& state) {
  for (;;) {
    StateLayout layout = LayoutOf(state);
    const auto found =
        std::find_if(plans_.begin(), plans_.end(), [&](const auto& plan) { return plan->Matches(layout); });
    if (found != plans_.end()) {
      plans_.splice(plans_.begin(), plans_, found);
    } else {
      ONEDGE_ASSIGN_OR_RETURN(auto plan, Plan::Make(model_->program(), bound_inputs_, backends_, options_.threads,
                                                    options_.budget, &layout));
      Keep(std::move(plan));
    }
    // From here on a failure loses the plan.
    std::unique_ptr<Plan> plan = std::move(plans_.front());
    plans_.pop_front();
    ONEDGE_ASSIGN_OR_RETURN(plan, Plan::Fit(std::move(plan), model_->program(), bound_inputs_, backends_,
                                            options_.threads, options_.budget));
    if (!plan) {  // a layout for exactly these shapes
      layout.shapes.clear();
      for (const Value* input : bound_inputs_)
        layout.shapes.push_back(input->is_tensor() ? input->tensor().shape() : Shape());
      ONEDGE_ASSIGN_OR_RETURN(
          plan, Plan::Make(model_->program(), bound_inputs_, backends_, options_.threads, options_.budget, &layout));
      ++plans_made_;
    }
    plans_.push_front(std::move(plan));
    ONEDGE_ASSIGN_OR_RETURN(const bool grown, GrowState(*plans_.front(), state));
    if (!grown) break;
  }
  Plan& plan = *plans_.front();
  ONEDGE_RETURN_IF_ERROR(BindArena(plan));
  return &plan;
}

StateLayout Session::LayoutOf(const State& state) const {
  StateLayout layout{state.bindings_, {}, {}};
  for (const State::Held& held : state.values_) layout.rooms.push_back(held.room);
  for (const Value* input : bound_inputs_)
    layout.shapes.push_back(input->is_tensor() ? input->tensor().shape() : Shape());
  int64_t more = 0;  // free entries in the value with the most
  for (size_t i = 0; i < state.bindings_.size(); ++i) {
    const std::optional<Room>& room = layout.rooms[i];
    if (!room) continue;
    int64_t& entries = layout.shapes[state.bindings_[i].input][room->axis];
    more = std::max(more, room->entries - entries);
    entries = room->entries;
  }
  for (const auto& [input, axis] : state.growing_inputs_) {
    if (axis < layout.shapes[input].rank()) layout.shapes[input][axis] += more;
  }
  return layout;
}

// Makes room for the entries of this run. True: the room grew, so another plan is needed.
Result<bool> Session::GrowState(const Plan& plan, State& state) {
  bool grown = false;
  for (size_t i = 0; i < state.bindings_.size(); ++i) {
    const std::optional<Room>& room = state.values_[i].room;
    const Plan::PlannedValue& output = plan.planned(model_->graph().outputs[state.bindings_[i].output]);
    if (!room || output.place != Plan::Place::kState || output.shape[room->axis] <= room->entries) continue;
    ONEDGE_RETURN_IF_ERROR(state.Grow(i, output.shape[room->axis]));
    state_values_[i] = state.values_[i].tensor;
    grown = true;
  }
  return grown;
}

// Outputs that are written in place are in the state.
Status Session::BindState(State& state) {
  for (size_t i = 0; i < state.bindings_.size(); ++i) {
    const graph::ValueId id = model_->graph().outputs[state.bindings_[i].output];
    const Plan::PlannedValue& output = running_->planned(id);
    if (output.place != Plan::Place::kState) continue;
    const Tensor& held = state.values_[i].tensor;
    ONEDGE_ASSIGN_OR_RETURN(running_->values()[static_cast<size_t>(id)],
                            Tensor::FromBuffer(output.dtype, output.shape, held.buffer()));
    if (!state.values_[i].room) state.half_written_ = true;
  }
  return OkStatus();
}

// After the last node: stores the outputs for the next run.
Status Session::AdvanceState(State& state) {
  for (size_t i = 0; i < state.bindings_.size(); ++i) {
    const size_t output = state.bindings_[i].output;
    const graph::ValueId id = model_->graph().outputs[output];
    const Value& value = running_->values()[static_cast<size_t>(id)];
    if (!value.is_tensor()) {
      return InvalidArgument("state: expected a tensor as output '", model_->outputs()[output].name, "', got ", value);
    }
    if (running_->planned(id).place == Plan::Place::kState) {
      state.values_[i].tensor = value.tensor();
    } else {
      ONEDGE_RETURN_IF_ERROR(state.Store(i, value.tensor()));
      state.copied_bytes_ += value.tensor().byte_size();
    }
    outputs_[output] = Value();
  }
  state.copied_bytes_ += run_state_->copied_bytes;
  run_state_->copied_bytes = 0;
  state.half_written_ = false;
  return OkStatus();
}

}  // namespace onedge::runtime

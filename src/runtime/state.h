// State: values that live from one run to the next, such as a cache of keys and values, or the hidden state of a
// recurrent model. For each pair, the output of a run is the input of the next one. Owned by the caller, many for one
// session, under the budget; used by one run at a time. RunOptions::state selects the state of a run.
//
// A value that grows (a cache, along its sequence) has room for more entries; a run whose operators append to it
// (Op::InPlaceInput) does not copy the present entries. A full room doubles.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/room.h"

namespace onedge::runtime {

class Model;

struct StatePair {
  std::string input;           // of the model
  std::string output;          // of the model, of the same dtype
  std::optional<size_t> axis;  // along which the value grows; nullopt: its shape stays
  Tensor initial;              // input of the first run; copied. May have no entries along `axis`
};

// An input outside the state with as many entries along `axis` as a value that grows, plus a constant number: an
// attention mask over past and present.
struct GrowingInput {
  std::string input;
  size_t axis;
};

// A pair, found in a model.
struct StateBinding {
  size_t input;   // in the order of the model's inputs
  size_t output;  // in the order of its outputs
  std::optional<size_t> axis;
  bool operator==(const StateBinding&) const = default;
};

class State {
 public:
  static Result<std::unique_ptr<State>> Create(std::shared_ptr<const Model> model, std::vector<StatePair> pairs,
                                               const std::vector<GrowingInput>& growing_inputs = {},
                                               MemoryBudget* budget = nullptr);

  // Restores the initial values. Also after a run that failed or was dropped while it overwrote values.
  Status Reset();

  // A copy of the value of pair `i`: the input of the next run.
  Result<Tensor> Read(size_t i) const;
  // Entries in the room of pair `i`; 0 if it does not grow.
  int64_t room(size_t i) const { return values_[i].room ? values_[i].room->entries : 0; }
  // The address of the value. It changes only when its room grows.
  const uint8_t* bytes(size_t i) const { return values_[i].tensor.bytes(); }
  // Bytes of values that runs have copied because an operator could not write or read them in place.
  size_t copied_bytes() const { return copied_bytes_; }

 private:
  friend class Session;
  struct Held {
    Tensor tensor;  // of its present shape, in a buffer of its own
    std::optional<Room> room;
  };

  State() = default;
  Status SetInitial(size_t i);
  // Makes room for `entries` entries.
  Status Grow(size_t i, int64_t entries);
  // The value becomes `tensor`, which lies elsewhere.
  Status Store(size_t i, const Tensor& tensor);

  std::shared_ptr<const Model> model_;
  MemoryBudget* budget_ = nullptr;
  std::vector<StatePair> pairs_;
  std::vector<StateBinding> bindings_;                     // of pairs_
  std::vector<std::pair<size_t, size_t>> growing_inputs_;  // of the model, and their axes
  std::vector<Held> values_;                               // of pairs_
  size_t copied_bytes_ = 0;
  bool in_use_ = false;        // by a run
  bool half_written_ = false;  // a run that overwrote values did not end
};

}  // namespace onedge::runtime

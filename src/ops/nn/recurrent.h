// Shared by LSTM, GRU and RNN: attributes, shapes, activations, and the products of all steps' inputs with W.
#pragma once

#include <span>

#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {

// An activation that recurrent operators accept, with its constants.
struct GateActivation {
  enum class Kind : uint8_t {
    kRelu,
    kTanh,
    kSigmoid,
    kAffine,
    kLeakyRelu,
    kThresholdedRelu,
    kScaledTanh,
    kHardSigmoid,
    kElu,
    kSoftsign,
    kSoftplus
  };
  Kind kind = Kind::kTanh;
  float alpha = 0;
  float beta = 0;

  // x = f(clamp(x)), element by element; clip 0: no clamp. T: float (the same bits on every host) or double.
  template <typename T>
  void Apply(T* x, size_t count, float clip) const;
};

struct RecurrentAttributes {
  size_t gates = 1;       // LSTM 4, GRU 3, RNN 1
  size_t directions = 1;  // 2: bidirectional
  bool reverse = false;
  bool batch_first = false;  // layout 1
  int64_t hidden_size = 0;   // 0: taken from R
  float clip = 0;
  InlineVector<GateActivation, 6> activations;  // `per_direction` for each direction

  // `defaults`: the names for one direction.
  static RecurrentAttributes Parse(AttributeReader& attrs, size_t gates, std::span<const std::string_view> defaults);
  const GateActivation& activation(size_t direction, size_t i) const {
    return activations[direction * (activations.size() / directions) + i];
  }

  // Sets outputs Y, Y_h and, for LSTM, Y_c; checks X, W, R, B and the states.
  Status Infer(ShapeContext& ctx) const;
};

// The checked sizes of one run.
struct RecurrentSizes {
  size_t steps, batch, input, hidden, gates, directions;
  bool batch_first;

  // Row (time, batch) of X and of X * W, in rows.
  size_t RowOf(size_t time, size_t b) const { return batch_first ? b * steps + time : time * batch + b; }
  // Offsets of Y[time, direction, b] and of a state [direction, b], in elements.
  size_t OutputOf(size_t time, size_t direction, size_t b) const {
    return (batch_first ? (b * steps + time) * directions + direction : (time * directions + direction) * batch + b) *
           hidden;
  }
  size_t StateOf(size_t direction, size_t b) const {
    return (batch_first ? b * directions + direction : direction * batch + b) * hidden;
  }
  size_t gate_size() const { return gates * hidden; }
  Shape OutputShape() const;
  Shape StateShape() const;
};
Result<RecurrentSizes> CheckRecurrent(OpContext& ctx, const RecurrentAttributes& attributes);

// The lengths of the sequences (input 4); all `steps` if the input is absent.
Result<std::vector<size_t>> SequenceLengths(OpContext& ctx, const RecurrentSizes& sizes);

// Scratch of a run, in elements, for one direction at a time.
struct RecurrentScratch {
  explicit RecurrentScratch(const RecurrentSizes& sizes);
  size_t weights;    // W transposed, then R transposed: [hidden, gates * hidden]
  size_t products;   // X * W^T: [steps * batch, gates * hidden]
  size_t recurrent;  // H * R^T: [batch, gates * hidden]
  size_t bias;       // [gates * hidden]
  size_t hidden;     // [batch, hidden]
  size_t cell;       // [batch, hidden]; GRU: the reset hidden state
  size_t total;
};
size_t RecurrentWorkspaceBytes(const ShapeContext& ctx, const RecurrentAttributes& attributes);

// Inputs of a run as T, shared by all directions.
template <typename T>
struct RecurrentInputs {
  Tensor x, w, r, b, initial_h, initial_c, peepholes;  // undefined if absent

  static Result<RecurrentInputs> Read(OpContext& ctx);
};

// Copies initial state `from` (zeros where undefined) into `state` [batch, hidden].
template <typename T>
void LoadState(const RecurrentSizes& sizes, const Tensor& from, size_t direction, T* state);

// products = X * W^T of a direction; afterwards scratch.weights holds R^T.
template <typename T>
void ProjectInputs(const RecurrentSizes& sizes, const RecurrentInputs<T>& inputs, size_t direction,
                   const RecurrentScratch& scratch, T* workspace, ThreadPool* pool);

// recurrent[:, first .. first + count) = state * R^T of the same columns.
template <typename T>
void MultiplyState(const RecurrentSizes& sizes, const T* state, const RecurrentScratch& scratch, T* workspace,
                   size_t first, size_t count, ThreadPool* pool);

// The outputs of the steps: Y (may be null), and finally Y_h and Y_c.
template <typename T>
struct RecurrentOutputs {
  RealOutput<T> y, y_h, y_c;
  bool wants_y = false, wants_h = false, wants_c = false;

  static Result<RecurrentOutputs> Create(OpContext& ctx, const RecurrentSizes& sizes, DType dtype, bool with_cell);
  // Zeros Y: steps after the end of a sequence stay zero.
  void Clear(const RecurrentSizes& sizes);
  void StoreStep(const RecurrentSizes& sizes, size_t time, size_t direction, size_t b, const T* h);
  void StoreState(const RecurrentSizes& sizes, size_t direction, const T* h, const T* c);
  Status Store();
};

}  // namespace onedge::ops

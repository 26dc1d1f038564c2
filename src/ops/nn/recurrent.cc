#include "ops/nn/recurrent.h"

#include <algorithm>
#include <cmath>

#include "base/checked_math.h"
#include "ops/math/transcendental.h"

namespace onedge::ops {
namespace {

struct NamedActivation {
  std::string_view name;
  GateActivation activation;  // with its defaults
  bool takes_alpha, takes_beta;
};
using Kind = GateActivation::Kind;
constexpr NamedActivation kActivations[] = {
    {"relu", {Kind::kRelu, 0, 0}, false, false},
    {"tanh", {Kind::kTanh, 0, 0}, false, false},
    {"sigmoid", {Kind::kSigmoid, 0, 0}, false, false},
    {"affine", {Kind::kAffine, 1, 0}, true, true},
    {"leakyrelu", {Kind::kLeakyRelu, 0.01f, 0}, true, false},
    {"thresholdedrelu", {Kind::kThresholdedRelu, 1, 0}, true, false},
    {"scaledtanh", {Kind::kScaledTanh, 1, 1}, true, true},
    {"hardsigmoid", {Kind::kHardSigmoid, 0.2f, 0.5f}, true, true},
    {"elu", {Kind::kElu, 1, 0}, true, false},
    {"softsign", {Kind::kSoftsign, 0, 0}, false, false},
    {"softplus", {Kind::kSoftplus, 0, 0}, false, false},
};

struct Functions {
  static float Tanh(float x) { return lanes::Tanh(x); }
  static float Sigmoid(float x) { return lanes::Sigmoid(x); }
  static float Exp(float x) { return lanes::Exp(x); }
  static float Softplus(float x) { return x > 0 ? x + lanes::Log1p(lanes::Exp(-x)) : lanes::Log1p(lanes::Exp(x)); }
  static double Tanh(double x) { return std::tanh(x); }
  static double Sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
  static double Exp(double x) { return std::exp(x); }
  static double Softplus(double x) { return x > 0 ? x + std::log1p(std::exp(-x)) : std::log1p(std::exp(x)); }
};

template <typename T>
T ActivateOne(const GateActivation& f, T x) {
  const T alpha = static_cast<T>(f.alpha);
  const T beta = static_cast<T>(f.beta);
  switch (f.kind) {
    case Kind::kRelu:
      return x > 0 ? x : 0;
    case Kind::kTanh:
      return Functions::Tanh(x);
    case Kind::kSigmoid:
      return Functions::Sigmoid(x);
    case Kind::kAffine:
      return alpha * x + beta;
    case Kind::kLeakyRelu:
      return x >= 0 ? x : alpha * x;
    case Kind::kThresholdedRelu:
      return x >= alpha ? x : 0;
    case Kind::kScaledTanh:
      return alpha * Functions::Tanh(beta * x);
    case Kind::kHardSigmoid:
      return std::min<T>(1, std::max<T>(0, alpha * x + beta));
    case Kind::kElu:
      return x >= 0 ? x : alpha * (Functions::Exp(x) - 1);
    case Kind::kSoftsign:
      return x / (1 + std::abs(x));
    case Kind::kSoftplus:
      return Functions::Softplus(x);
  }
  return x;
}

std::string Lowercase(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

Status CheckDims(const Dims* dims, size_t input, std::initializer_list<Dim> expected) {
  if (!dims) return OkStatus();
  if (dims->size() != expected.size()) {
    return InvalidArgument("input ", input, ": expected ", expected.size(), " dimensions, got ", dims->size());
  }
  size_t i = 0;
  for (const Dim& dim : expected) {
    if (dim.known() && (*dims)[i].known() && dim.value != (*dims)[i].value) {
      return InvalidArgument("input ", input, ": expected size ", dim.value, " in dimension ", i, ", got ",
                             (*dims)[i].value);
    }
    ++i;
  }
  return OkStatus();
}

Dim Times(size_t factor, const Dim& dim) {
  const auto product = dim.known() ? CheckedMultiply(static_cast<int64_t>(factor), dim.value) : std::nullopt;
  return product ? Dim::Known(*product) : Dim::Unknown();
}

// The dims that follow from X, W and R; a contradiction among the inputs is an error. dims[i]: of input i, null if
// unknown or absent.
struct RecurrentDims {
  Dim steps, batch, input, hidden;
};
Result<RecurrentDims> CheckInputDims(const RecurrentAttributes& a, const Dims* const (&dims)[8]) {
  RecurrentDims out;
  for (size_t i = 0; i < 3; ++i) {
    if (dims[i] && dims[i]->size() != 3)
      return InvalidArgument("input ", i, ": expected 3 dimensions, got ", dims[i]->size());
  }
  if (dims[0]) {
    out.steps = (*dims[0])[a.batch_first ? 1 : 0];
    out.batch = (*dims[0])[a.batch_first ? 0 : 1];
    out.input = (*dims[0])[2];
  }
  out.hidden = a.hidden_size > 0 ? Dim::Known(a.hidden_size) : dims[2] ? (*dims[2])[2] : Dim::Unknown();
  const Dim directions = Dim::Known(static_cast<int64_t>(a.directions));
  const Dim gates = Times(a.gates, out.hidden);
  ONEDGE_RETURN_IF_ERROR(CheckDims(dims[1], 1, {directions, gates, out.input}));
  ONEDGE_RETURN_IF_ERROR(CheckDims(dims[2], 2, {directions, gates, out.hidden}));
  ONEDGE_RETURN_IF_ERROR(CheckDims(dims[3], 3, {directions, Times(2, gates)}));
  ONEDGE_RETURN_IF_ERROR(CheckDims(dims[4], 4, {out.batch}));
  for (size_t i : {5, 6}) {
    if (a.batch_first) {
      ONEDGE_RETURN_IF_ERROR(CheckDims(dims[i], i, {out.batch, directions, out.hidden}));
    } else {
      ONEDGE_RETURN_IF_ERROR(CheckDims(dims[i], i, {directions, out.batch, out.hidden}));
    }
  }
  ONEDGE_RETURN_IF_ERROR(CheckDims(dims[7], 7, {directions, Times(3, out.hidden)}));
  return out;
}

}  // namespace

template <typename T>
void GateActivation::Apply(T* x, size_t count, float clip) const {
  if (clip > 0) {
    const T limit = static_cast<T>(clip);
    for (size_t i = 0; i < count; ++i) x[i] = x[i] > limit ? limit : x[i] < -limit ? -limit : x[i];
  }
  size_t i = 0;
  if constexpr (std::is_same_v<T, float>) {
    if (kind == Kind::kTanh) {
      for (; i + 4 <= count; i += 4) lanes::Store(x + i, lanes::Tanh(lanes::Load<F32x4>(x + i)));
    } else if (kind == Kind::kSigmoid) {
      for (; i + 4 <= count; i += 4) lanes::Store(x + i, lanes::Sigmoid(lanes::Load<F32x4>(x + i)));
    }
  }
  for (; i < count; ++i) x[i] = ActivateOne(*this, x[i]);
}
template void GateActivation::Apply(float*, size_t, float) const;
template void GateActivation::Apply(double*, size_t, float) const;

RecurrentAttributes RecurrentAttributes::Parse(AttributeReader& attrs, size_t gates,
                                               std::span<const std::string_view> defaults) {
  RecurrentAttributes a;
  a.gates = gates;
  const std::string direction = attrs.String("direction", "forward");
  if (direction == "bidirectional") {
    a.directions = 2;
  } else if (direction == "reverse") {
    a.reverse = true;
  } else if (direction != "forward") {
    attrs.FailValue("direction", "one of forward, reverse, bidirectional", direction);
  }
  a.hidden_size = attrs.Int("hidden_size", 0);
  if (a.hidden_size < 0 || a.hidden_size >= int64_t{1} << 31) {
    attrs.Fail(InvalidArgument("attribute 'hidden_size': expected a positive size, got ", a.hidden_size));
    a.hidden_size = 0;
  }
  a.clip = attrs.Float("clip", 0.0f);
  if (attrs.opset() >= 14) a.batch_first = attrs.Int("layout", 0) != 0;
  if (attrs.opset() < 7) attrs.Ignore("output_sequence");  // the outputs decide
  std::vector<std::string> names = attrs.Strings("activations");
  if (names.empty()) {
    for (size_t d = 0; d < a.directions; ++d) names.insert(names.end(), defaults.begin(), defaults.end());
  }
  if (names.size() != defaults.size() * a.directions) {
    attrs.Fail(InvalidArgument("attribute 'activations': expected ", defaults.size() * a.directions, " names, got ",
                               names.size()));
    names.assign(defaults.size() * a.directions, "Tanh");
  }
  const std::vector<float> alphas = attrs.Floats("activation_alpha");
  const std::vector<float> betas = attrs.Floats("activation_beta");
  size_t alpha = 0;
  size_t beta = 0;
  for (const std::string& name : names) {
    const std::string lower = Lowercase(name);
    const auto found = std::find_if(std::begin(kActivations), std::end(kActivations),
                                    [&](const NamedActivation& activation) { return activation.name == lower; });
    if (found == std::end(kActivations)) {
      attrs.FailValue("activations", "activations of the ONNX specification", name);
      a.activations.push_back({});
      continue;
    }
    GateActivation activation = found->activation;
    if (found->takes_alpha && alpha < alphas.size()) activation.alpha = alphas[alpha++];
    if (found->takes_beta && beta < betas.size()) activation.beta = betas[beta++];
    a.activations.push_back(activation);
  }
  return a;
}

Status RecurrentAttributes::Infer(ShapeContext& ctx) const {
  ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
  const Dims* dims[8] = {};
  for (size_t i = 0; i < 8; ++i) {
    if (i < 3) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    if (i != 4) ONEDGE_RETURN_IF_ERROR(RequireSameDType(ctx, i));
    dims[i] = ctx.InputDims(i);
  }
  ONEDGE_ASSIGN_OR_RETURN(const RecurrentDims d, CheckInputDims(*this, dims));
  const Dim count = Dim::Known(static_cast<int64_t>(directions));
  const Dims state = batch_first ? Dims{d.batch, count, d.hidden} : Dims{count, d.batch, d.hidden};
  ctx.SetOutput(0, ctx.InputDType(0),
                batch_first ? Dims{d.batch, d.steps, count, d.hidden} : Dims{d.steps, count, d.batch, d.hidden});
  ctx.SetOutput(1, ctx.InputDType(0), state);
  if (gates == 4) ctx.SetOutput(2, ctx.InputDType(0), state);
  return OkStatus();
}

Shape RecurrentSizes::OutputShape() const {
  const auto s = static_cast<int64_t>(steps), d = static_cast<int64_t>(directions), b = static_cast<int64_t>(batch);
  const auto h = static_cast<int64_t>(hidden);
  return batch_first ? Shape{b, s, d, h} : Shape{s, d, b, h};
}

Shape RecurrentSizes::StateShape() const {
  const auto d = static_cast<int64_t>(directions), b = static_cast<int64_t>(batch), h = static_cast<int64_t>(hidden);
  return batch_first ? Shape{b, d, h} : Shape{d, b, h};
}

Result<RecurrentSizes> CheckRecurrent(OpContext& ctx, const RecurrentAttributes& attributes) {
  ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
  Dims held[8];
  const Dims* dims[8] = {};
  for (size_t i = 0; i < 8; ++i) {
    if (!ctx.HasInput(i)) continue;
    held[i] = graph::DimsOf(ctx.Input(i).shape());
    dims[i] = &held[i];
  }
  ONEDGE_ASSIGN_OR_RETURN(const RecurrentDims d, CheckInputDims(attributes, dims));
  RecurrentSizes sizes;
  sizes.steps = static_cast<size_t>(d.steps.value);
  sizes.batch = static_cast<size_t>(d.batch.value);
  sizes.input = static_cast<size_t>(d.input.value);
  sizes.hidden = static_cast<size_t>(d.hidden.value);
  sizes.gates = attributes.gates;
  sizes.directions = attributes.directions;
  sizes.batch_first = attributes.batch_first;
  ONEDGE_RETURN_IF_ERROR(sizes.OutputShape().Check());
  // Scratch is a small multiple of the output. This bound keeps its size far from overflow.
  if (sizes.OutputShape().element_count() >= int64_t{1} << 40 || d.hidden.value >= int64_t{1} << 31 ||
      d.input.value >= int64_t{1} << 31) {
    return ResourceExhausted("a recurrent output of shape ", sizes.OutputShape(), " is too large");
  }
  return sizes;
}

Result<std::vector<size_t>> SequenceLengths(OpContext& ctx, const RecurrentSizes& sizes) {
  std::vector<size_t> lengths(sizes.batch, sizes.steps);
  if (!ctx.HasInput(4)) return lengths;
  ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(4).ToInt64s("input 4"));
  for (size_t b = 0; b < sizes.batch; ++b) {
    if (values[b] < 0 || values[b] > static_cast<int64_t>(sizes.steps)) {
      return InvalidArgument("input 4: expected lengths in [0, ", sizes.steps, "], got ", values[b]);
    }
    lengths[b] = static_cast<size_t>(values[b]);
  }
  return lengths;
}

RecurrentScratch::RecurrentScratch(const RecurrentSizes& s) {
  const size_t gate_size = s.gate_size();
  size_t offset = 0;
  const auto take = [&offset](size_t elements) {
    const size_t at = offset;
    offset += AlignUp(elements, size_t{16});
    return at;
  };
  weights = take(std::max(s.input, s.hidden) * gate_size);
  products = take(s.steps * s.batch * gate_size);
  recurrent = take(s.batch * gate_size);
  bias = take(2 * gate_size);
  hidden = take(s.batch * s.hidden);
  cell = take(s.batch * s.hidden);
  total = offset;
}

size_t RecurrentWorkspaceBytes(const ShapeContext& ctx, const RecurrentAttributes& attributes) {
  const Dims* dims[8] = {};
  for (size_t i = 0; i < 3; ++i) dims[i] = ctx.InputDims(i);
  const auto d = CheckInputDims(attributes, dims);
  if (!d.ok() || !d->steps.known() || !d->batch.known() || !d->input.known() || !d->hidden.known()) return 0;
  RecurrentSizes sizes;
  sizes.steps = static_cast<size_t>(d->steps.value);
  sizes.batch = static_cast<size_t>(d->batch.value);
  sizes.input = static_cast<size_t>(d->input.value);
  sizes.hidden = static_cast<size_t>(d->hidden.value);
  sizes.gates = attributes.gates;
  return RecurrentScratch(sizes).total * (ctx.InputDType(0) == DType::kFloat64 ? 8 : 4);
}

template <typename T>
Result<RecurrentInputs<T>> RecurrentInputs<T>::Read(OpContext& ctx) {
  RecurrentInputs inputs;
  const DType dtype = ctx.Input(0).dtype();
  Tensor* const targets[8] = {&inputs.x, &inputs.w,         &inputs.r,         &inputs.b,
                              nullptr,   &inputs.initial_h, &inputs.initial_c, &inputs.peepholes};
  for (size_t i = 0; i < 8; ++i) {
    if (!targets[i]) continue;
    ONEDGE_ASSIGN_OR_RETURN(*targets[i], OptionalRealInput<T>(ctx, i, dtype));
  }
  return inputs;
}

template <typename T>
void LoadState(const RecurrentSizes& sizes, const Tensor& from, size_t direction, T* state) {
  for (size_t b = 0; b < sizes.batch; ++b) {
    if (from.defined()) {
      std::copy_n(from.data<T>() + sizes.StateOf(direction, b), sizes.hidden, state + b * sizes.hidden);
    } else {
      std::fill_n(state + b * sizes.hidden, sizes.hidden, T());
    }
  }
}

template <typename T>
void ProjectInputs(const RecurrentSizes& sizes, const RecurrentInputs<T>& inputs, size_t direction,
                   const RecurrentScratch& scratch, T* workspace, ThreadPool* pool) {
  const size_t gate_size = sizes.gate_size();
  T* weights = workspace + scratch.weights;
  TransposeMatrix(inputs.w.template data<T>() + direction * gate_size * sizes.input, gate_size, sizes.input, weights);
  RunMatMul(MatMulBlock<T>{inputs.x.template data<T>(), sizes.input, 1, weights, gate_size,
                           workspace + scratch.products, gate_size, sizes.steps * sizes.batch, sizes.input, gate_size},
            pool);
  TransposeMatrix(inputs.r.template data<T>() + direction * gate_size * sizes.hidden, gate_size, sizes.hidden, weights);
}

template <typename T>
void MultiplyState(const RecurrentSizes& sizes, const T* state, const RecurrentScratch& scratch, T* workspace,
                   size_t first, size_t count, ThreadPool* pool) {
  const size_t gate_size = sizes.gate_size();
  RunMatMul(MatMulBlock<T>{state, sizes.hidden, 1, workspace + scratch.weights + first, gate_size,
                           workspace + scratch.recurrent + first, gate_size, sizes.batch, sizes.hidden, count},
            pool);
}

template <typename T>
Result<RecurrentOutputs<T>> RecurrentOutputs<T>::Create(OpContext& ctx, const RecurrentSizes& sizes, DType dtype,
                                                        bool with_cell) {
  RecurrentOutputs outputs;
  outputs.wants_y = ctx.WantsOutput(0);
  outputs.wants_h = ctx.WantsOutput(1);
  outputs.wants_c = with_cell && ctx.WantsOutput(2);
  if (outputs.wants_y) {
    ONEDGE_ASSIGN_OR_RETURN(outputs.y, RealOutput<T>::Create(ctx, 0, dtype, sizes.OutputShape()));
  }
  if (outputs.wants_h) {
    ONEDGE_ASSIGN_OR_RETURN(outputs.y_h, RealOutput<T>::Create(ctx, 1, dtype, sizes.StateShape()));
  }
  if (outputs.wants_c) {
    ONEDGE_ASSIGN_OR_RETURN(outputs.y_c, RealOutput<T>::Create(ctx, 2, dtype, sizes.StateShape()));
  }
  return outputs;
}

template <typename T>
void RecurrentOutputs<T>::Clear(const RecurrentSizes& sizes) {
  if (wants_y) std::fill_n(y.data(), sizes.steps * sizes.directions * sizes.batch * sizes.hidden, T());
}

template <typename T>
void RecurrentOutputs<T>::StoreStep(const RecurrentSizes& sizes, size_t time, size_t direction, size_t b, const T* h) {
  if (wants_y) std::copy_n(h, sizes.hidden, y.data() + sizes.OutputOf(time, direction, b));
}

template <typename T>
void RecurrentOutputs<T>::StoreState(const RecurrentSizes& sizes, size_t direction, const T* h, const T* c) {
  for (size_t b = 0; b < sizes.batch; ++b) {
    if (wants_h) std::copy_n(h + b * sizes.hidden, sizes.hidden, y_h.data() + sizes.StateOf(direction, b));
    if (wants_c) std::copy_n(c + b * sizes.hidden, sizes.hidden, y_c.data() + sizes.StateOf(direction, b));
  }
}

template <typename T>
Status RecurrentOutputs<T>::Store() {
  if (wants_y) ONEDGE_RETURN_IF_ERROR(y.Store());
  if (wants_h) ONEDGE_RETURN_IF_ERROR(y_h.Store());
  if (wants_c) ONEDGE_RETURN_IF_ERROR(y_c.Store());
  return OkStatus();
}

#define ONEDGE_INSTANTIATE(T)                                                                                        \
  template struct RecurrentInputs<T>;                                                                                \
  template struct RecurrentOutputs<T>;                                                                               \
  template void LoadState(const RecurrentSizes&, const Tensor&, size_t, T*);                                         \
  template void ProjectInputs(const RecurrentSizes&, const RecurrentInputs<T>&, size_t, const RecurrentScratch&, T*, \
                              ThreadPool*);                                                                          \
  template void MultiplyState(const RecurrentSizes&, const T*, const RecurrentScratch&, T*, size_t, size_t, ThreadPool*)
ONEDGE_INSTANTIATE(float);
ONEDGE_INSTANTIATE(double);
#undef ONEDGE_INSTANTIATE

}  // namespace onedge::ops

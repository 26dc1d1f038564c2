// Attention (ai.onnx 23, 24): scaled dot product attention with grouped heads, masks, a cache of keys and values, and
// softcap.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/checked_math.h"
#include "ops/math/convert.h"
#include "ops/math/softmax_row.h"
#include "ops/math/transcendental.h"
#include "ops/nn/matmul_kernel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

constexpr size_t kRows = 32;   // query rows whose scores are in memory at once
constexpr size_t kTasks = 16;  // heads computed at once, each with its own scratch

// The position of element (batch, head, row, 0) of q, k, v or y: [batch, heads, rows, size], or [batch, rows, heads *
// size].
struct HeadLayout {
  size_t batch_stride, head_stride, row_stride;
  static HeadLayout Of(bool packed, size_t heads, size_t rows, size_t size) {
    if (packed) return {rows * heads * size, size, heads * size};
    return {heads * rows * size, rows * size, size};
  }
  size_t At(size_t batch, size_t head) const { return batch * batch_stride + head * head_stride; }
};

struct Sizes {
  size_t batch, q_heads, kv_heads, s, past, t, d, d_v;  // t: all keys, including past ones
  bool packed;
};

Dim DivideDim(const Dim& dim, int64_t by) { return dim.known() ? Dim::Known(dim.value / by) : Dim::Unknown(); }

bool Agree(const Dim& a, const Dim& b) { return !a.known() || !b.known() || a.value == b.value; }

// [batch, heads, rows, size] of an operand that may be packed.
Result<Dims> UnpackHeads(const Dims& dims, int64_t heads, size_t input) {
  if (dims.size() == 4) return dims;
  if (dims.size() != 3) return InvalidArgument("input ", input, ": expected 3 or 4 dimensions, got ", dims.size());
  if (heads <= 0)
    return InvalidArgument("attributes 'q_num_heads' and 'kv_num_heads' are required for inputs of 3 dimensions");
  if (dims[2].known() && dims[2].value % heads != 0) {
    return InvalidArgument("input ", input, ": expected a hidden size divisible by ", heads, " heads, got ",
                           dims[2].value);
  }
  return Dims{dims[0], Dim::Known(heads), dims[1], DivideDim(dims[2], heads)};
}

Dim AddDims(const Dim& a, const Dim& b) {
  if (a.is(0)) return b;
  const auto sum = a.known() && b.known() ? CheckedAdd(a.value, b.value) : std::nullopt;
  return sum ? Dim::Known(*sum) : Dim::Unknown();
}

template <typename T>
T Hyperbolic(T x) {
  if constexpr (std::is_same_v<T, float>) {
    return lanes::Tanh(x);
  } else {
    return std::tanh(x);
  }
}

}  // namespace

struct Attention final : Op {
  bool causal = false;
  int64_t q_heads = 0;
  int64_t kv_heads = 0;
  std::optional<float> scale;  // default: 1 / sqrt(d)
  float softcap = 0;
  int64_t scores_mode = 0;  // content of output 3: 0 products, 1 softcapped, 2 with mask, 3 probabilities

  struct Unpacked {
    Dims q, k, v;  // k includes the past
    Dim past = Dim::Known(0);
    bool packed = false;
  };

  // dims[i]: of input i, null if absent. REQUIRES: those of q, k and v.
  Result<Unpacked> CheckDims(const Dims* const (&dims)[7]) const {
    ONEDGE_DCHECK(dims[0] && dims[1] && dims[2]);
    Unpacked u;
    u.packed = dims[0]->size() == 3;
    if (dims[1]->size() != dims[0]->size() || dims[2]->size() != dims[0]->size()) {
      return InvalidArgument("expected q, k and v of as many dimensions, got ", dims[0]->size(), ", ", dims[1]->size(),
                             " and ", dims[2]->size());
    }
    ONEDGE_ASSIGN_OR_RETURN(u.q, UnpackHeads(*dims[0], q_heads, 0));
    ONEDGE_ASSIGN_OR_RETURN(u.k, UnpackHeads(*dims[1], kv_heads, 1));
    ONEDGE_ASSIGN_OR_RETURN(u.v, UnpackHeads(*dims[2], kv_heads, 2));
    if (!Agree(u.q[0], u.k[0]) || !Agree(u.q[0], u.v[0]) || !Agree(u.k[1], u.v[1]) || !Agree(u.k[2], u.v[2]) ||
        !Agree(u.q[3], u.k[3])) {
      return InvalidArgument("q, k and v contradict each other in batch, heads, sequence or head size");
    }
    if (u.q[1].known() && u.k[1].known() && (u.k[1].value == 0 || u.q[1].value % u.k[1].value != 0)) {
      return InvalidArgument("expected a multiple of ", u.k[1].value, " query heads, got ", u.q[1].value);
    }
    if ((dims[4] != nullptr) != (dims[5] != nullptr))
      return InvalidArgument("inputs 4 and 5: expected both past_key and past_value");
    if (dims[4]) {
      if (dims[4]->size() != 4 || dims[5]->size() != 4 || !Agree((*dims[4])[0], u.q[0]) ||
          !Agree((*dims[4])[1], u.k[1]) || !Agree((*dims[4])[3], u.k[3]) || !Agree((*dims[5])[0], u.q[0]) ||
          !Agree((*dims[5])[1], u.v[1]) || !Agree((*dims[5])[3], u.v[3]) || !Agree((*dims[4])[2], (*dims[5])[2])) {
        return InvalidArgument("inputs 4 and 5: expected [batch, kv_heads, past, head size], like k and v");
      }
      u.past = (*dims[4])[2];
    }
    u.k[2] = AddDims(u.past, u.k[2]);
    u.v[2] = AddDims(u.past, u.v[2]);
    if (const Dims* mask = dims[3]) {
      const Dims scores = {u.q[0], u.q[1], u.q[2], u.k[2]};
      bool fits = mask->size() >= 2 && mask->size() <= 4;
      for (size_t i = 0; fits && i < mask->size(); ++i) {
        const Dim& dim = (*mask)[mask->size() - 1 - i];
        const Dim& full = scores[3 - i];
        const bool shorter = i == 0 && dim.known() && full.known() && dim.value <= full.value;
        fits = dim.is(1) || Agree(dim, full) || shorter;
      }
      if (!fits) return InvalidArgument("input 3: expected a mask that broadcasts to [batch, heads, queries, keys]");
    }
    return u;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    for (size_t i = 1; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const Dims* dims[7] = {};
    for (size_t i = 0; i < 7; ++i) dims[i] = ctx.InputDims(i);
    const DType dtype = ctx.InputDType(0);
    if (!dims[0] || !dims[1] || !dims[2] || (ctx.HasInput(4) && (!dims[4] || !dims[5]))) {
      ctx.SetOutput(0, dtype, std::nullopt);
      ctx.SetOutput(1, ctx.InputDType(1), std::nullopt);
      ctx.SetOutput(2, ctx.InputDType(2), std::nullopt);
      ctx.SetOutput(3, dtype, std::nullopt);
      return OkStatus();
    }
    ONEDGE_ASSIGN_OR_RETURN(const Unpacked u, CheckDims(dims));
    const Dim hidden =
        u.q[1].known() && u.v[3].known() && u.v[3].value < int64_t{1} << 31 && u.q[1].value < int64_t{1} << 31
            ? Dim::Known(u.q[1].value * u.v[3].value)
            : Dim::Unknown();
    ctx.SetOutput(0, dtype, u.packed ? Dims{u.q[0], u.q[2], hidden} : Dims{u.q[0], u.q[1], u.q[2], u.v[3]});
    ctx.SetOutput(1, ctx.InputDType(1), u.k);
    ctx.SetOutput(2, ctx.InputDType(2), u.v);
    ctx.SetOutput(3, dtype, Dims{u.q[0], u.q[1], u.q[2], u.k[2]});
    return OkStatus();
  }

  // The present keys and values are the past ones, followed by those of this run.
  std::optional<InPlace> InPlaceInput(size_t output) const override {
    if (output != 1 && output != 2) return std::nullopt;
    return InPlace{output + 3, 2};
  }

  // q: [B, Hq, S, D] or [B, S, Hq * D], k, v: likewise with Hkv heads, mask: bool, or numbers to add (optional),
  // past_key, past_value: [B, Hkv, P, D] (optional), nonpad_kv_seqlen: int64 [B] (24, optional)
  // -> y: like q with v's head size, present_key, present_value: [B, Hkv, P + T, D], scores: [B, Hq, S, P + T]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    Dims held[7];
    const Dims* dims[7] = {};
    for (size_t i = 0; i < 7; ++i) {
      if (!ctx.HasInput(i)) continue;
      held[i] = graph::DimsOf(ctx.Input(i).shape());
      dims[i] = &held[i];
    }
    ONEDGE_ASSIGN_OR_RETURN(const Unpacked u, CheckDims(dims));
    const auto size = [](const Dim& dim) { return static_cast<size_t>(dim.value); };
    const Sizes sizes = {size(u.q[0]), size(u.q[1]), size(u.k[1]), size(u.q[2]), size(u.past),
                         size(u.k[2]), size(u.q[3]), size(u.v[3]), u.packed};
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<int64_t> valid, ValidKeys(ctx, sizes));
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Heads k, Present<T>(ctx, 1, 4, *graph::ShapeOf(u.k), sizes));
      ONEDGE_ASSIGN_OR_RETURN(const Heads v, Present<T>(ctx, 2, 5, *graph::ShapeOf(u.v), sizes));
      return Compute<T>(ctx, sizes, valid, k, v);
    });
  }

 private:
  // The number of valid keys of each batch entry; empty if all are valid.
  static Result<std::vector<int64_t>> ValidKeys(OpContext& ctx, const Sizes& sizes) {
    std::vector<int64_t> valid;
    if (!ctx.HasInput(6)) return valid;
    ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(6).ToInt64s("input 6"));
    if (values.size() != sizes.batch)
      return InvalidArgument("input 6: expected ", sizes.batch, " lengths, got ", values.size());
    for (int64_t value : values) {
      if (value < 0 || value > static_cast<int64_t>(sizes.t)) {
        return InvalidArgument("input 6: expected lengths in [0, ", sizes.t, "], got ", value);
      }
      valid.push_back(value);
    }
    return valid;
  }

  // Keys or values of all batches and heads, [rows, size] each; `stride` elements from one to the next.
  struct Heads {
    Tensor tensor;
    size_t stride;
  };

  // Writes the rows of input `input` after the past ones; the output shares their memory: see InPlaceInput.
  template <typename T>
  static Result<Heads> Append(OpContext& ctx, size_t input, const Shape& shape, const Sizes& sizes, int64_t room) {
    const Tensor& now = ctx.Input(input);
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const present, ctx.Output(input, now.dtype(), shape));
    const auto size = static_cast<size_t>(shape[3]);
    const size_t width = DTypeBits(now.dtype()) / 8;
    const size_t stride = static_cast<size_t>(room) * size;
    const size_t rows = sizes.t - sizes.past;
    const HeadLayout layout = HeadLayout::Of(sizes.packed, sizes.kv_heads, rows, size);
    for (size_t i = 0; i < sizes.batch * sizes.kv_heads; ++i) {
      uint8_t* to = present->mutable_bytes() + (i * static_cast<size_t>(room) + sizes.past) * size * width;
      const uint8_t* from = now.bytes() + layout.At(i / sizes.kv_heads, i % sizes.kv_heads) * width;
      for (size_t row = 0; row < rows; ++row) {
        to = std::copy_n(from + row * layout.row_stride * width, size * width, to);
      }
    }
    if (now.dtype() == kDTypeOf<T>) return Heads{*present, stride};
    // Computed in another dtype: the whole room is converted.
    Shape whole = shape;
    whole[2] = room;
    ONEDGE_ASSIGN_OR_RETURN(const Tensor stored, Tensor::FromBuffer(now.dtype(), whole, present->buffer()));
    ONEDGE_ASSIGN_OR_RETURN(Tensor converted, ConvertReal(stored, kDTypeOf<T>, ctx.budget()));
    return Heads{std::move(converted), stride};
  }

  // Keys or values after the past ones, [B, H, P + T, size]; also written to output `input` if the node wants it.
  template <typename T>
  static Result<Heads> Present(OpContext& ctx, size_t input, size_t past_input, const Shape& shape,
                               const Sizes& sizes) {
    const auto size = static_cast<size_t>(shape[3]);
    if (const auto room = ctx.InPlaceRoom(input)) return Append<T>(ctx, input, shape, sizes, *room);
    const DType dtype = ctx.Input(input).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Tensor now, RealInput<T>(ctx, input, dtype));
    ONEDGE_ASSIGN_OR_RETURN(const Tensor past, OptionalRealInput<T>(ctx, past_input, dtype));
    Tensor present = now;
    if (past.defined() || sizes.packed) {
      ONEDGE_ASSIGN_OR_RETURN(present, Tensor::Allocate(kDTypeOf<T>, shape, ctx.budget()));
      const size_t rows = sizes.t - sizes.past;
      const HeadLayout layout = HeadLayout::Of(sizes.packed, sizes.kv_heads, rows, size);
      for (size_t i = 0; i < sizes.batch * sizes.kv_heads; ++i) {
        T* to = present.mutable_data<T>() + i * sizes.t * size;
        if (past.defined()) to = std::copy_n(past.data<T>() + i * sizes.past * size, sizes.past * size, to);
        const T* from = now.data<T>() + layout.At(i / sizes.kv_heads, i % sizes.kv_heads);
        for (size_t row = 0; row < rows; ++row) to = std::copy_n(from + row * layout.row_stride, size, to);
      }
    }
    if (ctx.WantsOutput(input)) {
      ONEDGE_ASSIGN_OR_RETURN(auto out, RealOutput<T>::Create(ctx, input, dtype, shape));
      std::copy_n(present.data<T>(), static_cast<size_t>(shape.element_count()), out.data());
      ONEDGE_RETURN_IF_ERROR(out.Store());
    }
    return Heads{std::move(present), sizes.t * size};
  }

  template <typename T>
  Status Compute(OpContext& ctx, const Sizes& sizes, const std::vector<int64_t>& valid, const Heads& k,
                 const Heads& v) const {
    const DType dtype = ctx.Input(0).dtype();
    ONEDGE_ASSIGN_OR_RETURN(const Tensor q, RealInput<T>(ctx, 0, dtype));
    Tensor mask;
    if (ctx.HasInput(3)) {
      ONEDGE_ASSIGN_OR_RETURN(mask, AdditiveMask<T>(ctx));
    }
    const auto b = static_cast<int64_t>(sizes.batch), h = static_cast<int64_t>(sizes.q_heads),
               s = static_cast<int64_t>(sizes.s);
    const auto t = static_cast<int64_t>(sizes.t), d_v = static_cast<int64_t>(sizes.d_v);
    const Shape y_shape = sizes.packed ? Shape{b, s, h * d_v} : Shape{b, h, s, d_v};
    ONEDGE_RETURN_IF_ERROR(y_shape.Check());
    ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, y_shape));
    RealOutput<T> shown;
    const bool shows = ctx.WantsOutput(3);
    if (shows) {
      ONEDGE_ASSIGN_OR_RETURN(shown, RealOutput<T>::Create(ctx, 3, dtype, {b, h, s, t}));
    }
    const size_t heads = sizes.batch * sizes.q_heads;
    const size_t tasks = std::min(heads, kTasks);
    const size_t row_block = std::min(sizes.s, kRows);
    const size_t keys_size = AlignUp(sizes.d * sizes.t, size_t{16});
    const size_t scratch_size = keys_size + AlignUp((row_block + 1) * sizes.t, size_t{16});
    const auto scratch_total = CheckedCast<int64_t>(scratch_size * tasks);
    if (!scratch_total) return ResourceExhausted("attention over ", sizes.t, " keys needs too much memory");
    ONEDGE_ASSIGN_OR_RETURN(Tensor scratch, Tensor::Allocate(kDTypeOf<T>, {*scratch_total}, ctx.budget()));
    const T factor = scale ? static_cast<T>(*scale) : T{1} / std::sqrt(static_cast<T>(sizes.d));
    const HeadLayout q_layout = HeadLayout::Of(sizes.packed, sizes.q_heads, sizes.s, sizes.d);
    const HeadLayout y_layout = HeadLayout::Of(sizes.packed, sizes.q_heads, sizes.s, sizes.d_v);
    T* const outputs = y.data();
    T* const shown_scores = shows ? shown.data() : nullptr;
    ParallelFor(ctx.threads(), tasks, [&](size_t task) {
      T* keys = scratch.mutable_data<T>() + task * scratch_size;
      T* scores = keys + keys_size;
      T* bias = scores + row_block * sizes.t;
      for (size_t i = task; i < heads; i += tasks) {
        const size_t batch = i / sizes.q_heads;
        const size_t head = i % sizes.q_heads;
        const size_t kv = batch * sizes.kv_heads + head / (sizes.q_heads / sizes.kv_heads);
        TransposeMatrix(k.tensor.data<T>() + kv * k.stride, sizes.t, sizes.d, keys);
        for (size_t row = 0; row < sizes.s; row += row_block) {
          const size_t rows = std::min(row_block, sizes.s - row);
          RunMatMul(MatMulBlock<T>{q.data<T>() + q_layout.At(batch, head) + row * q_layout.row_stride,
                                   q_layout.row_stride, 1, keys, sizes.t, scores, sizes.t, rows, sizes.d, sizes.t});
          for (size_t r = 0; r < rows; ++r) {
            T* line = scores + r * sizes.t;
            T* show = shows ? shown_scores + (i * sizes.s + row + r) * sizes.t : nullptr;
            const bool all_masked = FillBias(sizes, valid, mask, batch, head, row + r, bias);
            Finish(sizes.t, factor, bias, all_masked, line, show);
          }
          RunMatMul(MatMulBlock<T>{scores, sizes.t, 1, v.tensor.data<T>() + kv * v.stride, sizes.d_v,
                                   outputs + y_layout.At(batch, head) + row * y_layout.row_stride, y_layout.row_stride,
                                   rows, sizes.t, sizes.d_v});
        }
      }
    });
    if (shows) ONEDGE_RETURN_IF_ERROR(shown.Store());
    return y.Store();
  }

  // The mask, of any dtype, as numbers to add: 0 and -infinity for booleans.
  template <typename T>
  static Result<Tensor> AdditiveMask(OpContext& ctx) {
    const Tensor& mask = ctx.Input(3);
    if (mask.dtype() != DType::kBool) return ConvertedTo(kDTypeOf<T>, mask, ctx.threads(), ctx.budget());
    ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(kDTypeOf<T>, mask.shape(), ctx.budget()));
    for (size_t i = 0; i < static_cast<size_t>(mask.element_count()); ++i) {
      out.mutable_data<T>()[i] = mask.data<uint8_t>()[i] ? T{0} : -std::numeric_limits<T>::infinity();
    }
    return out;
  }

  // The numbers to add to the scores of one query: mask, causality, padding. Returns true if the query may attend to
  // nothing.
  template <typename T>
  bool FillBias(const Sizes& sizes, const std::vector<int64_t>& valid, const Tensor& mask, size_t batch, size_t head,
                size_t row, T* bias) const {
    const T masked = -std::numeric_limits<T>::infinity();
    std::fill_n(bias, sizes.t, T{0});
    if (mask.defined()) {
      const size_t index[4] = {batch, head, row, 0};
      size_t offset = 0;
      size_t stride = 1;
      for (size_t i = 0; i < mask.rank(); ++i) {
        const size_t dim = static_cast<size_t>(mask.dim(mask.rank() - 1 - i));
        if (i > 0 && dim != 1) offset += index[3 - i] * stride;
        stride *= dim;
      }
      const size_t given = static_cast<size_t>(mask.shape().back());
      const T* from = mask.data<T>() + offset;
      if (given == 1 && sizes.t != 1) {
        std::fill_n(bias, sizes.t, from[0]);
      } else {
        std::copy_n(from, given, bias);
        std::fill_n(bias + given, sizes.t - given, masked);
      }
    }
    const int64_t keys = static_cast<int64_t>(sizes.t);
    if (causal) {
      int64_t offset = static_cast<int64_t>(sizes.past);
      if (sizes.past == 0 && !valid.empty()) offset = valid[batch] - static_cast<int64_t>(sizes.s);
      for (int64_t j = std::max<int64_t>(0, static_cast<int64_t>(row) + offset + 1); j < keys; ++j) bias[j] = masked;
    }
    if (!valid.empty()) std::fill(bias + valid[batch], bias + keys, masked);
    return std::all_of(bias, bias + keys, [masked](T value) { return value == masked; });
  }

  // Converts one row from products to probabilities.
  template <typename T>
  void Finish(size_t count, T factor, const T* bias, bool all_masked, T* line, T* show) const {
    for (size_t j = 0; j < count; ++j) line[j] = line[j] * factor;
    if (show && scores_mode == 0) std::copy_n(line, count, show);
    if (softcap > 0) {
      const T cap = static_cast<T>(softcap);
      for (size_t j = 0; j < count; ++j) line[j] = Hyperbolic(line[j] / cap) * cap;
    }
    if (show && scores_mode == 1) std::copy_n(line, count, show);
    for (size_t j = 0; j < count; ++j) line[j] = line[j] + bias[j];
    if (show && scores_mode == 2) std::copy_n(line, count, show);
    if (all_masked) {
      std::fill_n(line, count, T{0});
    } else {
      SoftmaxRow(line, line, count);
    }
    if (show && scores_mode == 3) std::copy_n(line, count, show);
  }
};

template <>
Result<OpPtr> Parse<Attention>(AttributeReader& attrs) {
  auto op = std::make_unique<Attention>();
  op->causal = attrs.Int("is_causal", 0) != 0;
  op->q_heads = attrs.Int("q_num_heads", 0);
  op->kv_heads = attrs.Int("kv_num_heads", 0);
  if (attrs.Has("scale")) op->scale = attrs.Float("scale", 0.0f);
  op->softcap = attrs.Float("softcap", 0.0f);
  op->scores_mode = attrs.Int("qk_matmul_output_mode", 0);
  attrs.Ignore("softmax_precision");  // always float32, or float64 for float64 inputs: at least the requested precision
  if (op->scores_mode < 0 || op->scores_mode > 3) {
    attrs.Fail(InvalidArgument("attribute 'qk_matmul_output_mode': expected 0, 1, 2 or 3, got ", op->scores_mode));
  }
  for (int64_t heads : {op->q_heads, op->kv_heads}) {
    if (heads < 0 || heads >= int64_t{1} << 31)
      attrs.Fail(InvalidArgument("expected a positive number of heads, got ", heads));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

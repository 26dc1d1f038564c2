// DFT (ai.onnx 17, 20) and STFT (17): discrete Fourier transforms, computed in double.
#include "base/checked_math.h"
#include "ops/nn/fourier.h"
#include "ops/nn/parallel.h"
#include "ops/nn/real_tensors.h"

namespace onedge::ops {
namespace {

// The roots of a longer transform would take more memory than most hosts have.
constexpr int64_t kLongest = int64_t{1} << 22;

// The integer of a scalar input; nullopt if it is absent.
Result<std::optional<int64_t>> ScalarInput(OpContext& ctx, size_t i) {
  if (!ctx.HasInput(i) || ctx.Input(i).element_count() == 0) return std::optional<int64_t>();
  ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.Input(i).ToInt64s(StrCat("input ", i)));
  if (values.size() != 1)
    return InvalidArgument("input ", i, ": expected one number, got shape ", ctx.Input(i).shape());
  return std::optional<int64_t>(values[0]);
}

// The same in shape inference; nullopt if the value is unknown.
Result<std::optional<int64_t>> ScalarInput(ShapeContext& ctx, size_t i) {
  ONEDGE_ASSIGN_OR_RETURN(const auto values, ctx.InputInts(i));
  if (!values || values->empty()) return std::optional<int64_t>();
  if (values->size() != 1) return InvalidArgument("input ", i, ": expected one number, got ", values->size());
  return std::optional<int64_t>((*values)[0]);
}

}  // namespace

struct DFT final : Op {
  bool axis_is_input = true;  // from opset 20 on
  int64_t default_axis = -2;
  bool inverse = false;
  bool onesided = false;

  struct Plan {
    size_t axis;
    Dim length;  // of the transform
    Dims out;
  };

  Result<Plan> MakePlan(const Dims& x, int64_t axis, std::optional<int64_t> length, bool length_known) const {
    Plan plan;
    if (x.size() < 2) return InvalidArgument("input 0: expected [..., signal, 1 or 2], got ", x.size(), " dimensions");
    ONEDGE_ASSIGN_OR_RETURN(plan.axis, NormalizeAxis(axis, x.size()));
    if (plan.axis + 1 == x.size()) return InvalidArgument("axis: the last dimension holds real and imaginary parts");
    const Dim& parts = x.back();
    if (parts.known() && parts.value != 1 && parts.value != 2) {
      return InvalidArgument("input 0: expected 1 (real) or 2 (complex) in the last dimension, got ", parts.value);
    }
    const bool to_real = inverse && onesided;
    if (onesided && !inverse && parts.is(2))
      return InvalidArgument("a one-sided transform needs a real signal, got a complex one");
    if (to_real && parts.is(1))
      return InvalidArgument("a one-sided inverse transform needs a complex input, got a real one");
    const Dim& signal = x[plan.axis];
    if (length) {
      plan.length = Dim::Known(*length);
    } else if (length_known && signal.known()) {
      plan.length = to_real ? Dim::Known(2 * (signal.value - 1)) : signal;
    } else if (length_known && !to_real) {
      plan.length = signal;
    }
    if (plan.length.known() && (plan.length.value < 1 || plan.length.value >= kLongest)) {
      return InvalidArgument("expected a transform length in [1, 2^22), got ", plan.length.value);
    }
    plan.out = x;
    plan.out.back() = Dim::Known(to_real ? 1 : 2);
    plan.out[plan.axis] = plan.length;
    if (onesided && !inverse) {
      plan.out[plan.axis] = plan.length.known() ? Dim::Known(plan.length.value / 2 + 1) : Dim::Unknown();
    }
    return plan;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    const Dims* x = ctx.InputDims(0);
    ONEDGE_ASSIGN_OR_RETURN(const auto length, ScalarInput(ctx, 1));
    std::optional<int64_t> axis = default_axis;
    if (axis_is_input && ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(axis, ScalarInput(ctx, 2));
    }
    std::optional<Dims> out;
    if (x && axis) {
      ONEDGE_ASSIGN_OR_RETURN(Plan plan, MakePlan(*x, *axis, length, length || !ctx.HasInput(1)));
      out = std::move(plan.out);
    } else if (x) {
      out = Dims(x->size(), Dim::Unknown());
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: [..., signal, ..., 1 or 2], dft_length: int [] (optional), axis: int64 [] (20, optional)
  // -> y: [..., length, ..., 2]; one-sided: the first length / 2 + 1; one-sided inverse: [..., length, ..., 1]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Shape& shape = ctx.Input(0).shape();
    ONEDGE_ASSIGN_OR_RETURN(const auto length, ScalarInput(ctx, 1));
    int64_t axis = default_axis;
    if (axis_is_input) {
      ONEDGE_ASSIGN_OR_RETURN(const auto given, ScalarInput(ctx, 2));
      axis = given.value_or(axis);
    }
    ONEDGE_ASSIGN_OR_RETURN(const Plan plan, MakePlan(graph::DimsOf(shape), axis, length, true));
    const Shape out_shape = *graph::ShapeOf(plan.out);
    ONEDGE_RETURN_IF_ERROR(out_shape.Check());
    const DType dtype = ctx.Input(0).dtype();
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor x, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, out_shape));
      Transform(shape, out_shape, plan, x.template data<T>(), y.data(), ctx.threads());
      return y.Store();
    });
  }

 private:
  template <typename T>
  void Transform(const Shape& shape, const Shape& out_shape, const Plan& plan, const T* x, T* y,
                 ThreadPool* threads) const {
    const size_t n = static_cast<size_t>(plan.length.value);
    const FourierTransform transform(n);
    const size_t in_parts = static_cast<size_t>(shape.back());
    const size_t out_parts = static_cast<size_t>(out_shape.back());
    const size_t inner = static_cast<size_t>(shape.element_count(plan.axis + 1, shape.rank() - 1));
    const size_t outer = static_cast<size_t>(shape.element_count(0, plan.axis));
    const size_t in_count = static_cast<size_t>(shape[plan.axis]);
    const size_t out_count = static_cast<size_t>(out_shape[plan.axis]);
    const double scale = inverse ? 1 / static_cast<double>(n) : 1;
    ParallelRanges(threads, outer * inner, n * 64, [&](size_t begin, size_t end) {
      std::vector<Complex> values(n), scratch(transform.scratch_size());
      for (size_t item = begin; item < end; ++item) {
        const T* from = x + (item / inner * in_count * inner + item % inner) * in_parts;
        T* to = y + (item / inner * out_count * inner + item % inner) * out_parts;
        const size_t given = std::min(n, in_count);  // a longer signal is cut, a shorter one is padded
        for (size_t i = 0; i < n; ++i) {
          values[i] = {};
          if (i >= given) continue;
          const T* element = from + i * inner * in_parts;
          values[i] = {static_cast<double>(element[0]), in_parts == 2 ? static_cast<double>(element[1]) : 0};
        }
        if (inverse && onesided) {  // the other half mirrors this one
          for (size_t i = n / 2 + 1; i < n; ++i) values[i] = {values[n - i].re, -values[n - i].im};
        }
        transform.Run(values.data(), inverse, scratch.data());
        for (size_t i = 0; i < out_count; ++i) {
          T* element = to + i * inner * out_parts;
          element[0] = static_cast<T>(values[i].re * scale);
          if (out_parts == 2) element[1] = static_cast<T>(values[i].im * scale);
        }
      }
    });
  }
};

struct STFT final : Op {
  bool onesided = true;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(RequireReal(ctx, 0));
    const Dims* signal = ctx.InputDims(0);
    if (signal && signal->size() != 2 && signal->size() != 3) {
      return InvalidArgument("input 0: expected [batch, length, 1 or 2], got ", signal->size(), " dimensions");
    }
    ONEDGE_ASSIGN_OR_RETURN(const auto step, ScalarInput(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(auto length, ScalarInput(ctx, 3));
    if (const Dims* window = ctx.InputDims(2); window && window->size() == 1 && window->front().known()) {
      length = window->front().value;
    }
    Dims out = {signal ? (*signal)[0] : Dim::Unknown(), Dim::Unknown(), Dim::Unknown(), Dim::Known(2)};
    if (signal && step && length && (*signal)[1].known()) {
      ONEDGE_ASSIGN_OR_RETURN(const int64_t frames, FrameCount((*signal)[1].value, *step, *length));
      out[1] = Dim::Known(frames);
    }
    if (length) out[2] = Dim::Known(onesided ? *length / 2 + 1 : *length);
    ctx.SetOutput(0, ctx.InputDType(0), out);
    return OkStatus();
  }

  // signal: [batch, length, 1 or 2], frame_step: int [], window: [frame] (optional), frame_length: int [] (optional)
  // -> y: [batch, frames, frame / 2 + 1 or frame, 2]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Shape& shape = ctx.Input(0).shape();
    if (shape.rank() != 2 && (shape.rank() != 3 || (shape[2] != 1 && shape[2] != 2))) {
      return InvalidArgument("input 0: expected [batch, length, 1 or 2], got shape ", shape);
    }
    const size_t parts = shape.rank() == 3 ? static_cast<size_t>(shape[2]) : 1;
    if (onesided && parts == 2) return InvalidArgument("a one-sided transform needs a real signal, got a complex one");
    ONEDGE_ASSIGN_OR_RETURN(const auto step, ScalarInput(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(auto length, ScalarInput(ctx, 3));
    if (ctx.HasInput(2)) {
      const int64_t window_length = ctx.Input(2).element_count();
      if (length && *length != window_length) {
        return InvalidArgument("input 3: expected the window's length ", window_length, ", got ", *length);
      }
      length = window_length;
    }
    if (!step || !length) return InvalidArgument("expected a frame_step, and a window or a frame_length");
    ONEDGE_ASSIGN_OR_RETURN(const int64_t frames, FrameCount(shape[1], *step, *length));
    const size_t n = static_cast<size_t>(*length);
    const size_t bins = onesided ? n / 2 + 1 : n;
    const Shape out = {shape[0], frames, static_cast<int64_t>(bins), 2};
    ONEDGE_RETURN_IF_ERROR(out.Check());
    const DType dtype = ctx.Input(0).dtype();
    const FourierTransform transform(n);
    return WithRealType(dtype, [&]<typename T>(T) -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const Tensor signal, RealInput<T>(ctx, 0, dtype));
      ONEDGE_ASSIGN_OR_RETURN(const Tensor window, OptionalRealInput<T>(ctx, 2, dtype));
      ONEDGE_ASSIGN_OR_RETURN(auto y, RealOutput<T>::Create(ctx, 0, dtype, out));
      T* const outputs = y.data();
      ParallelRanges(ctx.threads(), static_cast<size_t>(shape[0] * frames), n * 64, [&](size_t begin, size_t end) {
        std::vector<Complex> values(n), scratch(transform.scratch_size());
        for (size_t item = begin; item < end; ++item) {
          const size_t start = item / static_cast<size_t>(frames) * static_cast<size_t>(shape[1]) +
                               item % static_cast<size_t>(frames) * static_cast<size_t>(*step);
          for (size_t i = 0; i < n; ++i) {
            const T* element = signal.template data<T>() + (start + i) * parts;
            const double factor = window.defined() ? static_cast<double>(window.template data<T>()[i]) : 1;
            values[i] = {static_cast<double>(element[0]) * factor,
                         parts == 2 ? static_cast<double>(element[1]) * factor : 0};
          }
          transform.Run(values.data(), false, scratch.data());
          T* to = outputs + item * bins * 2;
          for (size_t i = 0; i < bins; ++i) {
            to[2 * i] = static_cast<T>(values[i].re);
            to[2 * i + 1] = static_cast<T>(values[i].im);
          }
        }
      });
      return y.Store();
    });
  }

 private:
  static Result<int64_t> FrameCount(int64_t length, int64_t step, int64_t frame) {
    if (step < 1) return InvalidArgument("input 1: expected a positive frame_step, got ", step);
    if (frame < 1 || frame > length || frame >= kLongest) {
      return InvalidArgument("expected a frame length in [1, ", length, "], got ", frame);
    }
    return (length - frame) / step + 1;
  }
};

template <>
Result<OpPtr> Parse<DFT>(AttributeReader& attrs) {
  auto op = std::make_unique<DFT>();
  op->inverse = attrs.Int("inverse", 0) != 0;
  op->onesided = attrs.Int("onesided", 0) != 0;
  op->axis_is_input = attrs.opset() >= 20;
  if (!op->axis_is_input) op->default_axis = attrs.Int("axis", 1);
  return OpPtr(std::move(op));
}

template <>
Result<OpPtr> Parse<STFT>(AttributeReader& attrs) {
  auto op = std::make_unique<STFT>();
  op->onesided = attrs.Int("onesided", 1) != 0;
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

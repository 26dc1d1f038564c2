#include "ops/nn/conv_kernel.h"

#include <algorithm>

#include "ops/nn/parallel.h"

namespace onedge::ops {
namespace {

template <typename T, typename Sum>
Sum Multiply(T a, T b) {
  if constexpr (std::is_integral_v<T>) {
    return static_cast<Sum>(int32_t{a} * int32_t{b});
  } else {
    return a * b;
  }
}

// y[f][i] += w[f] * x[i * stride] for i in [0, count), for kFilters rows of y at once: x is read only once.
template <typename T, typename Sum, size_t kFilters>
void AddRow(const T* x, size_t stride, const T (&w)[kFilters], Sum* const (&y)[kFilters], size_t offset, size_t count) {
  if (stride == 1) {
    for (size_t i = 0; i < count; ++i) {
      const T value = x[i];
      for (size_t f = 0; f < kFilters; ++f) y[f][offset + i] += Multiply<T, Sum>(w[f], value);
    }
  } else {
    for (size_t i = 0; i < count; ++i) {
      const T value = x[i * stride];
      for (size_t f = 0; f < kFilters; ++f) y[f][offset + i] += Multiply<T, Sum>(w[f], value);
    }
  }
}

// The outputs of the innermost axis that read inside the input at kernel position k: [first, last).
KernelRange InsideOutputs(const WindowAxis& axis, int64_t k) {
  const int64_t start = axis.InputOf(0, k);
  const int64_t first = start >= 0 ? 0 : (-start + axis.stride - 1) / axis.stride;
  const int64_t last = start >= axis.in.value ? 0 : (axis.in.value - 1 - start) / axis.stride + 1;
  const int64_t clamped = std::min(first, axis.out.value);
  return {clamped, std::max(clamped, std::min(last, axis.out.value))};
}

// One output row (innermost axis) of kFilters filters: x is the group's input, w the weights of the first filter.
template <typename T, typename Sum, size_t kFilters>
void ConvRow(const ConvPlan& plan, const Window3& window, const T* x, const T* w, int64_t depth, int64_t height,
             Sum* const (&y)[kFilters]) {
  const WindowAxis& d = window.axis[0];
  const WindowAxis& h = window.axis[1];
  const WindowAxis& v = window.axis[2];
  const size_t filter_size = plan.channels * window.kernel_size();
  const KernelRange ds = InsideInput(d, depth);
  const KernelRange hs = InsideInput(h, height);
  for (size_t channel = 0; channel < plan.channels; ++channel) {
    const T* plane = x + channel * window.in_size();
    for (int64_t kd = ds.first; kd < ds.last; ++kd) {
      for (int64_t kh = hs.first; kh < hs.last; ++kh) {
        const T* row = plane + (d.InputOf(depth, kd) * h.in.value + h.InputOf(height, kh)) * v.in.value;
        const T* taps = w + ((static_cast<int64_t>(channel) * d.kernel + kd) * h.kernel + kh) * v.kernel;
        for (int64_t kw = 0; kw < v.kernel; ++kw) {
          const KernelRange outputs = InsideOutputs(v, kw);
          if (outputs.first == outputs.last) continue;
          T weights[kFilters];
          for (size_t f = 0; f < kFilters; ++f) weights[f] = taps[f * filter_size + static_cast<size_t>(kw)];
          AddRow<T, Sum, kFilters>(row + v.InputOf(outputs.first, kw), static_cast<size_t>(v.stride), weights, y,
                                   static_cast<size_t>(outputs.first),
                                   static_cast<size_t>(outputs.last - outputs.first));
        }
      }
    }
  }
}

}  // namespace

Result<Dims> ConvDims(const WindowAttributes& window, int64_t groups, const Dims& x, const Dims& w) {
  if (w.size() != x.size()) {
    return InvalidArgument("input 1: expected weights of ", x.size(), " dimensions like input 0, got ", w.size());
  }
  if (x.size() < 3) return InvalidArgument("input 0: expected at least 3 dimensions, got ", x.size());
  if (x[1].known() && w[1].known() && (w[1].value > x[1].value || w[1].value * groups != x[1].value)) {
    return InvalidArgument("input 0: expected ", w[1].value, " channels for each of ", groups, " groups, got ",
                           x[1].value, " channels");
  }
  if (w[0].known() && w[0].value % groups != 0) {
    return InvalidArgument("input 1: expected a number of filters divisible by ", groups, " groups, got ", w[0].value);
  }
  Dims out = {x[0], w[0]};
  InlineVector<int64_t, 8> kernel;
  for (size_t i = 2; i < w.size(); ++i) kernel.push_back(w[i].value);
  const bool known = std::all_of(kernel.begin(), kernel.end(), [](int64_t size) { return size >= 0; });
  if (!known && window.kernel.empty()) {
    out.resize(x.size(), Dim::Unknown());
    return out;
  }
  ONEDGE_ASSIGN_OR_RETURN(const Window resolved,
                          window.Resolve(x, known ? std::span<const int64_t>(kernel) : std::span<const int64_t>()));
  for (const WindowAxis& axis : resolved) out.push_back(axis.out);
  return out;
}

Result<ConvPlan> PlanConv(const WindowAttributes& window, int64_t groups, const Shape& x, const Shape& w) {
  ConvPlan plan;
  ONEDGE_ASSIGN_OR_RETURN(const Dims out, ConvDims(window, groups, graph::DimsOf(x), graph::DimsOf(w)));
  plan.out = *graph::ShapeOf(out);
  ONEDGE_RETURN_IF_ERROR(plan.out.Check());
  ONEDGE_ASSIGN_OR_RETURN(plan.window, window.Resolve(graph::DimsOf(x), std::span<const int64_t>(w).subspan(2)));
  plan.batch = static_cast<size_t>(x[0]);
  plan.groups = static_cast<size_t>(groups);
  plan.channels = static_cast<size_t>(w[1]);
  plan.filters = static_cast<size_t>(w[0] / groups);
  return plan;
}

template <typename T, typename Sum>
void RunConv(const ConvPlan& plan, const T* x, const T* w, const Sum* bias, Sum* y, ThreadPool* pool) {
  constexpr size_t kFilters = 4;
  const Window3 window(plan.window);
  const size_t in_size = window.in_size();
  const size_t out_size = window.out_size();
  const size_t filter_size = plan.channels * window.kernel_size();
  const size_t width = static_cast<size_t>(window.axis[2].out.value);
  const size_t height = static_cast<size_t>(window.axis[1].out.value);
  const size_t rows = width == 0 ? 0 : out_size / width;
  const size_t blocks = (plan.filters + kFilters - 1) / kFilters;
  const size_t work = kFilters * filter_size * width;
  ParallelRanges(pool, plan.batch * plan.groups * blocks * rows, work, [&](size_t begin, size_t end) {
    for (size_t item = begin; item < end; ++item) {
      const size_t row = item % rows;
      const size_t filter = item / rows % blocks * kFilters;
      const size_t group = item / rows / blocks % plan.groups;
      const size_t image = item / rows / blocks / plan.groups;
      const size_t out_channel = group * plan.filters + filter;
      const T* group_x = x + (image * plan.groups + group) * plan.channels * in_size;
      const T* filter_w = w + out_channel * filter_size;
      Sum* first = y + (image * plan.groups * plan.filters + out_channel) * out_size + row * width;
      const int64_t depth_index = static_cast<int64_t>(row / height);
      const int64_t height_index = static_cast<int64_t>(row % height);
      const size_t filters = std::min(kFilters, plan.filters - filter);
      for (size_t f = 0; f < filters; ++f) {
        std::fill_n(first + f * out_size, width, Sum());
      }
      if (filters == kFilters) {
        Sum* const outputs[kFilters] = {first, first + out_size, first + 2 * out_size, first + 3 * out_size};
        ConvRow<T, Sum, kFilters>(plan, window, group_x, filter_w, depth_index, height_index, outputs);
      } else {
        for (size_t f = 0; f < filters; ++f) {
          Sum* const outputs[1] = {first + f * out_size};
          ConvRow<T, Sum, 1>(plan, window, group_x, filter_w + f * filter_size, depth_index, height_index, outputs);
        }
      }
      for (size_t f = 0; bias && f < filters; ++f) {
        for (size_t i = 0; i < width; ++i) first[f * out_size + i] += bias[out_channel + f];
      }
    }
  });
}

template void RunConv(const ConvPlan&, const float*, const float*, const float*, float*, ThreadPool*);
template void RunConv(const ConvPlan&, const double*, const double*, const double*, double*, ThreadPool*);
template void RunConv(const ConvPlan&, const int16_t*, const int16_t*, const uint32_t*, uint32_t*, ThreadPool*);

}  // namespace onedge::ops

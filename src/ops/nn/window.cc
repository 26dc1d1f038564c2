#include "ops/nn/window.h"

#include <algorithm>

namespace onedge::ops {
namespace {

constexpr int64_t kSizeLimit = int64_t{1} << 31;

Status CheckCount(const InlineVector<int64_t, 8>& values, size_t expected, const char* name) {
  if (values.empty() || values.size() == expected) return OkStatus();
  return InvalidArgument("attribute '", name, "': expected ", expected, " values, got ", values.size());
}

// Sets out and the pads that auto_pad requires. REQUIRES: the axis' kernel, stride, dilation and explicit pads are set.
Status ResolveAxis(WindowAttributes::AutoPad auto_pad, bool ceil_mode, size_t index, WindowAxis& axis) {
  using AutoPad = WindowAttributes::AutoPad;
  ONEDGE_DCHECK(axis.kernel > 0 && axis.stride > 0 && axis.dilation > 0);
  const int64_t extent = (axis.kernel - 1) * axis.dilation + 1;
  if (auto_pad != AutoPad::kNotSet) axis.pad_begin = axis.pad_end = 0;
  const bool same = auto_pad == AutoPad::kSameUpper || auto_pad == AutoPad::kSameLower;
  if (!axis.in.known()) {
    const bool keeps_size = axis.stride == 1 && (same || axis.pad_begin + axis.pad_end == extent - 1);
    axis.out = keeps_size ? axis.in : Dim::Unknown();
    return OkStatus();
  }
  const int64_t in = axis.in.value;
  if (in >= kSizeLimit) return Unsupported("spatial dimension ", index, " of size ", in, " is too large");
  if (same) {
    const int64_t out = (in + axis.stride - 1) / axis.stride;
    const int64_t padding = std::max<int64_t>(0, (out - 1) * axis.stride + extent - in);
    axis.pad_begin = auto_pad == AutoPad::kSameUpper ? padding / 2 : padding - padding / 2;
    axis.pad_end = padding - axis.pad_begin;
    axis.out = Dim::Known(out);
    return OkStatus();
  }
  const int64_t padded = in + axis.pad_begin + axis.pad_end;
  if (padded < extent) {
    return InvalidArgument("spatial dimension ", index, ": a window of extent ", extent,
                           " does not fit the padded input of ", padded);
  }
  int64_t out = (padded - extent + (ceil_mode ? axis.stride - 1 : 0)) / axis.stride + 1;
  // A window must start inside the input or its leading padding.
  if (ceil_mode && (out - 1) * axis.stride >= in + axis.pad_begin) --out;
  axis.out = Dim::Known(out);
  return OkStatus();
}

}  // namespace

InlineVector<int64_t, 8> ReadBoundedInts(AttributeReader& attrs, const char* name, int64_t lowest) {
  const std::vector<int64_t> values = attrs.Ints(name);
  for (int64_t value : values) {
    if (value < lowest || value >= kSizeLimit) {
      attrs.Fail(InvalidArgument("attribute '", name, "': expected values in [", lowest, ", 2^31), got ", value));
      return {};
    }
  }
  return InlineVector<int64_t, 8>(values.begin(), values.end());
}

WindowAttributes::AutoPad ReadAutoPad(AttributeReader& attrs) {
  const std::string name = attrs.String("auto_pad", "NOTSET");
  if (name == "SAME_UPPER") return WindowAttributes::AutoPad::kSameUpper;
  if (name == "SAME_LOWER") return WindowAttributes::AutoPad::kSameLower;
  if (name == "VALID") return WindowAttributes::AutoPad::kValid;
  if (name != "NOTSET" && !name.empty()) {
    attrs.FailValue("auto_pad", "one of NOTSET, SAME_UPPER, SAME_LOWER, VALID", name);
  }
  return WindowAttributes::AutoPad::kNotSet;
}

WindowAttributes WindowAttributes::Parse(AttributeReader& attrs, bool with_dilations) {
  WindowAttributes window;
  window.auto_pad = ReadAutoPad(attrs);
  window.kernel = ReadBoundedInts(attrs, "kernel_shape", 1);
  window.strides = ReadBoundedInts(attrs, "strides", 1);
  window.pads = ReadBoundedInts(attrs, "pads", 0);
  if (with_dilations) window.dilations = ReadBoundedInts(attrs, "dilations", 1);
  return window;
}

Result<Window> WindowAttributes::Resolve(const Dims& x, std::span<const int64_t> kernel_sizes) const {
  if (x.size() < 3) {
    return InvalidArgument("input 0: expected [N, C, spatial dimensions...], got ", x.size(), " dimensions");
  }
  const size_t rank = x.size() - 2;
  if (rank > 3) return Unsupported("input 0: at most 3 spatial dimensions are supported, got ", rank);
  const std::span<const int64_t> sizes = kernel.empty() ? kernel_sizes : std::span<const int64_t>(kernel);
  if (sizes.size() != rank) {
    return InvalidArgument("attribute 'kernel_shape': expected ", rank, " values, got ", sizes.size());
  }
  if (!kernel.empty() && !kernel_sizes.empty() && !std::equal(sizes.begin(), sizes.end(), kernel_sizes.begin())) {
    return InvalidArgument("attribute 'kernel_shape' contradicts the shape of the weights");
  }
  ONEDGE_RETURN_IF_ERROR(CheckCount(strides, rank, "strides"));
  ONEDGE_RETURN_IF_ERROR(CheckCount(dilations, rank, "dilations"));
  ONEDGE_RETURN_IF_ERROR(CheckCount(pads, 2 * rank, "pads"));
  Window window(rank);
  int64_t taps = 1;
  for (size_t i = 0; i < rank; ++i) {
    WindowAxis& axis = window[i];
    axis.in = x[i + 2];
    axis.kernel = sizes[i];
    if (axis.kernel < 1 || axis.kernel >= kSizeLimit) {
      return InvalidArgument("spatial dimension ", i, ": expected a kernel of at least 1, got ", axis.kernel);
    }
    taps *= axis.kernel;
    if (taps >= kSizeLimit) return Unsupported("attribute 'kernel_shape': a window of 2^31 elements or more");
    axis.stride = strides.empty() ? 1 : strides[i];
    axis.dilation = dilations.empty() ? 1 : dilations[i];
    axis.pad_begin = pads.empty() ? 0 : pads[i];
    axis.pad_end = pads.empty() ? 0 : pads[rank + i];
    ONEDGE_RETURN_IF_ERROR(ResolveAxis(auto_pad, ceil_mode, i, axis));
  }
  return window;
}

Window3::Window3(const Window& window) {
  ONEDGE_DCHECK(window.size() <= 3);
  const size_t missing = 3 - window.size();
  for (size_t i = 0; i < missing; ++i) axis[i].in = axis[i].out = Dim::Known(1);
  for (size_t i = 0; i < window.size(); ++i) axis[missing + i] = window[i];
}

KernelRange InsideInput(const WindowAxis& axis, int64_t o) {
  const int64_t start = axis.InputOf(o, 0);
  const int64_t first = start >= 0 ? 0 : (-start + axis.dilation - 1) / axis.dilation;
  const int64_t last = start >= axis.in.value ? 0 : (axis.in.value - 1 - start) / axis.dilation + 1;
  return {std::min(first, axis.kernel), std::max(std::min(last, axis.kernel), std::min(first, axis.kernel))};
}

}  // namespace onedge::ops

// The sliding window that convolutions and poolings share: auto_pad, kernel_shape, strides, pads, dilations, ceil_mode,
// and the resulting sizes. Attribute values come from a file: every one is checked.
#pragma once

#include "ops/op.h"

namespace onedge::ops {

// One spatial axis. Output o covers the inputs o * stride - pad_begin + k * dilation, k in [0, kernel).
struct WindowAxis {
  Dim in;
  Dim out;
  int64_t kernel = 1;
  int64_t stride = 1;
  int64_t dilation = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;

  int64_t InputOf(int64_t o, int64_t k) const { return o * stride - pad_begin + k * dilation; }
};
using Window = InlineVector<WindowAxis, 3>;

struct WindowAttributes {
  enum class AutoPad { kNotSet, kSameUpper, kSameLower, kValid };

  AutoPad auto_pad = AutoPad::kNotSet;
  bool ceil_mode = false;
  // Empty: the default. Values are at least 1, pads at least 0, all below 2^31.
  InlineVector<int64_t, 8> kernel;
  InlineVector<int64_t, 8> strides;
  InlineVector<int64_t, 8> dilations;
  InlineVector<int64_t, 8> pads;  // begins, then ends

  // Reads auto_pad, kernel_shape, strides, pads and, if `with_dilations`, dilations.
  static WindowAttributes Parse(AttributeReader& attrs, bool with_dilations);

  // The window over x [N, C, spatial...]. `kernel_sizes`: used if the attributes give none (the weights of a
  // convolution).
  Result<Window> Resolve(const Dims& x, std::span<const int64_t> kernel_sizes = {}) const;
};

// Checks the ints of an attribute: each in [lowest, 2^31).
InlineVector<int64_t, 8> ReadBoundedInts(AttributeReader& attrs, const char* name, int64_t lowest);

// Reads only auto_pad and pads (ConvTranspose computes its sizes in the other direction).
WindowAttributes::AutoPad ReadAutoPad(AttributeReader& attrs);

// A window of exactly three axes: leading axes have size 1 if there are fewer. REQUIRES: at most 3 axes, sizes known.
struct Window3 {
  explicit Window3(const Window& window);
  WindowAxis axis[3];

  size_t in_size() const { return Product(axis[0].in, axis[1].in, axis[2].in); }
  size_t out_size() const { return Product(axis[0].out, axis[1].out, axis[2].out); }
  size_t kernel_size() const {
    return static_cast<size_t>(axis[0].kernel) * static_cast<size_t>(axis[1].kernel) *
           static_cast<size_t>(axis[2].kernel);
  }

 private:
  static size_t Product(Dim a, Dim b, Dim c) {
    return static_cast<size_t>(a.value) * static_cast<size_t>(b.value) * static_cast<size_t>(c.value);
  }
};

// The indices k of a window axis with InputOf(o, k) inside the input: [first, last).
struct KernelRange {
  int64_t first;
  int64_t last;
};
KernelRange InsideInput(const WindowAxis& axis, int64_t o);

}  // namespace onedge::ops

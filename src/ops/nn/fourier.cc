#include "ops/nn/fourier.h"

#include <cstdint>
#include <utility>

#include "base/check.h"

namespace onedge::ops {
namespace {

constexpr double kTau = 6.283185307179586476925286766559;

Complex Multiply(Complex a, Complex b) { return {a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re}; }

}  // namespace

Complex UnitRoot(size_t k, size_t n) {
  ONEDGE_DCHECK(n > 0);
  // Octants keep the angle below pi / 4, where short Taylor series are exact to the last bits.
  const uint64_t eighth = uint64_t{k} % n * 8 / n;
  const uint64_t rest = uint64_t{k} % n * 8 - eighth * n;
  const bool odd = eighth % 2 != 0;  // measured back from the next octant
  const double x = kTau / 8 * (static_cast<double>(odd ? n - rest : rest) / static_cast<double>(n));
  const double z = x * x;
  const double sine =
      x * (1 + z * (-1.0 / 6 +
                    z * (1.0 / 120 + z * (-1.0 / 5040 + z * (1.0 / 362880 + z * (-1.0 / 39916800 +
                                                                                 z * (1.0 / 6227020800 +
                                                                                      z * (-1.0 / 1307674368000))))))));
  const double cosine =
      1 +
      z * (-1.0 / 2 +
           z * (1.0 / 24 +
                z * (-1.0 / 720 + z * (1.0 / 40320 + z * (-1.0 / 3628800 +
                                                          z * (1.0 / 479001600 + z * (-1.0 / 87178291200 +
                                                                                      z * (1.0 / 20922789888000))))))));
  switch (eighth) {
    case 0:
      return {cosine, sine};
    case 1:
      return {sine, cosine};
    case 2:
      return {-sine, cosine};
    case 3:
      return {-cosine, sine};
    case 4:
      return {-cosine, -sine};
    case 5:
      return {-sine, -cosine};
    case 6:
      return {sine, -cosine};
    default:
      return {cosine, -sine};
  }
}

FourierTransform::FourierTransform(size_t length) : length_(length), padded_(1) {
  ONEDGE_DCHECK(length > 0 && uint64_t{length} < uint64_t{1} << 40);
  const bool power_of_two = (length & (length - 1)) == 0;
  while (padded_ < (power_of_two ? length : 2 * length - 1)) padded_ *= 2;
  roots_.resize(padded_ / 2);
  for (size_t k = 0; k < roots_.size(); ++k) {
    const Complex root = UnitRoot(k, padded_);
    roots_[k] = {root.re, -root.im};
  }
  if (power_of_two) return;
  chirp_.resize(length);
  filter_.resize(padded_);
  size_t square = 0;  // n^2 mod 2 length
  for (size_t n = 0; n < length; ++n) {
    const Complex root = UnitRoot(square, 2 * length);
    chirp_[n] = {root.re, -root.im};
    filter_[n] = root;
    if (n > 0) filter_[padded_ - n] = root;
    square = (square + 2 * n + 1) % (2 * length);
  }
  RunPowerOfTwo(filter_.data());
}

void FourierTransform::RunPowerOfTwo(Complex* values) const {
  for (size_t i = 1, j = 0; i < padded_; ++i) {
    size_t bit = padded_ >> 1;
    for (; j & bit; bit >>= 1) j ^= bit;
    j |= bit;
    if (i < j) std::swap(values[i], values[j]);
  }
  for (size_t half = 1; half < padded_; half *= 2) {
    const size_t step = padded_ / 2 / half;
    for (size_t start = 0; start < padded_; start += 2 * half) {
      for (size_t k = 0; k < half; ++k) {
        const Complex odd = Multiply(values[start + half + k], roots_[k * step]);
        const Complex even = values[start + k];
        values[start + k] = {even.re + odd.re, even.im + odd.im};
        values[start + half + k] = {even.re - odd.re, even.im - odd.im};
      }
    }
  }
}

void FourierTransform::Run(Complex* values, bool backward, Complex* scratch) const {
  // The backward transform is the conjugate of the forward transform of the conjugate.
  const double sign = backward ? -1 : 1;
  for (size_t i = 0; i < length_; ++i) values[i].im *= sign;
  if (length_ == padded_) {
    RunPowerOfTwo(values);
  } else {
    for (size_t i = 0; i < length_; ++i) scratch[i] = Multiply(values[i], chirp_[i]);
    for (size_t i = length_; i < padded_; ++i) scratch[i] = {};
    RunPowerOfTwo(scratch);
    for (size_t i = 0; i < padded_; ++i) {
      scratch[i] = Multiply(scratch[i], filter_[i]);
      scratch[i].im = -scratch[i].im;
    }
    RunPowerOfTwo(scratch);
    const double scale = 1 / static_cast<double>(padded_);
    for (size_t i = 0; i < length_; ++i) {
      values[i] = Multiply({scratch[i].re * scale, -scratch[i].im * scale}, chirp_[i]);
    }
  }
  for (size_t i = 0; i < length_; ++i) values[i].im *= sign;
}

}  // namespace onedge::ops

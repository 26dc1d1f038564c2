// Discrete Fourier transforms in double, of any length, with the same bits on every host. A transform object is
// immutable and shared.
#pragma once

#include <cstddef>
#include <vector>

namespace onedge::ops {

struct Complex {
  double re = 0;
  double im = 0;
};

// e^(2 pi i k / n) within 2 ulp, computed only with sums and products. REQUIRES: n > 0.
Complex UnitRoot(size_t k, size_t n);

class FourierTransform {
 public:
  // REQUIRES: 0 < length < 2^40.
  explicit FourierTransform(size_t length);

  size_t length() const { return length_; }
  // The complex elements of scratch that Run needs.
  size_t scratch_size() const { return length_ == padded_ ? 0 : padded_; }
  // values[k] = sum over n of values[n] e^(-+ 2 pi i k n / length): minus for forward, plus for backward (unscaled).
  void Run(Complex* values, bool backward, Complex* scratch) const;

 private:
  void RunPowerOfTwo(Complex* values) const;

  size_t length_;
  size_t padded_;                // a power of two: length_, or the size of Bluestein's convolution
  std::vector<Complex> roots_;   // e^(-2 pi i k / padded_), k < padded_ / 2
  std::vector<Complex> chirp_;   // Bluestein: e^(-pi i n^2 / length_)
  std::vector<Complex> filter_;  // Bluestein: the transform of the conjugated chirp
};

}  // namespace onedge::ops

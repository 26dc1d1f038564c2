// DFT, STFT against the sum of the definition in double; windows and the mel matrix.
#include <cmath>

#include "tests/ops/op_tester.h"
#include "tests/ops/random_tensor.h"

namespace onedge::ops {
namespace {

// X[k] = sum x[n] e^(-+ 2 pi i k n / N) of x [n, parts], as pairs.
std::vector<double> Definition(const std::vector<float>& x, size_t parts, size_t n, bool inverse) {
  std::vector<double> out;
  for (size_t k = 0; k < n; ++k) {
    double re = 0, im = 0;
    for (size_t i = 0; i < n; ++i) {
      const double angle = (inverse ? 2 : -2) * M_PI * static_cast<double>(k * i % n) / static_cast<double>(n);
      const double a = x[i * parts], b = parts == 2 ? x[i * parts + 1] : 0;
      re += a * std::cos(angle) - b * std::sin(angle);
      im += a * std::sin(angle) + b * std::cos(angle);
    }
    out.push_back(inverse ? re / static_cast<double>(n) : re);
    out.push_back(inverse ? im / static_cast<double>(n) : im);
  }
  return out;
}

TEST(DFT, AgreesWithTheDefinitionForEveryLength) {
  for (int64_t n : {1, 2, 3, 4, 5, 7, 8, 12, 16, 31, 100, 257}) {
    RandomTensors random(static_cast<uint64_t>(n));
    for (bool inverse : {false, true}) {
      const auto x = random.Floats(2 * n);
      ExpectNear(OpTester("DFT", 20).Attr("inverse", inverse ? 1 : 0).In<float>({1, n, 2}, x).RunOne(), {1, n, 2},
                 Definition(x, 2, static_cast<size_t>(n), inverse), 3e-6);
    }
  }
}

TEST(DFT, HalvesRealSignalsAndComesBack) {
  for (int64_t n : {6, 9}) {
    RandomTensors random(9);
    const auto x = random.Floats(n);
    auto half = Definition(x, 1, static_cast<size_t>(n), false);
    half.resize(static_cast<size_t>(2 * (n / 2 + 1)));
    const Value spectrum = OpTester("DFT", 17).Attr("axis", 1).Attr("onesided", 1).In<float>({1, n, 1}, x).RunOne();
    ExpectNear(spectrum, {1, n / 2 + 1, 2}, half, 1e-6);
    ExpectNear(
        OpTester("DFT", 20).Attr("onesided", 1).Attr("inverse", 1).In(spectrum).In(MakeScalar<int64_t>(n)).RunOne(),
        {1, n, 1}, std::vector<double>(x.begin(), x.end()), 1e-6);
  }
}

TEST(DFT, PadsCutsAndRunsAlongAnyAxis) {
  const std::vector<float> x = {1, 2, 3, 4, 5, 6};  // [3, 2, 1], along axis 0, padded to 4
  const auto first = Definition({1, 3, 5, 0}, 1, 4, false), second = Definition({2, 4, 6, 0}, 1, 4, false);
  std::vector<double> expected;
  for (size_t k = 0; k < 4; ++k) {
    expected.insert(expected.end(), {first[2 * k], first[2 * k + 1], second[2 * k], second[2 * k + 1]});
  }
  ExpectNear(OpTester("DFT", 20).In<float>({3, 2, 1}, x).In(MakeScalar<int64_t>(4)).In(MakeScalar<int64_t>(0)).RunOne(),
             {4, 2, 2}, expected, 1e-6);
}

TEST(DFT, RefusesHostileLengths) {
  const auto run = [](int64_t length, int64_t axis) {
    return OpTester("DFT", 20)
        .In<float>({1, 4, 1}, {1, 2, 3, 4})
        .In(MakeScalar<int64_t>(length))
        .In(MakeScalar<int64_t>(axis))
        .Error();
  };
  EXPECT_EQ(run(0, 1), "expected a transform length in [1, 2^22), got 0");
  EXPECT_EQ(run(-4, 1), "expected a transform length in [1, 2^22), got -4");
  EXPECT_EQ(run(int64_t{1} << 62, 1), "expected a transform length in [1, 2^22), got 4611686018427387904");
  EXPECT_EQ(run(4, 2), "axis: the last dimension holds real and imaginary parts");
  EXPECT_EQ(run(4, 7), "axis: expected a value in [-3, 2] for rank 3, got 7");
}

TEST(STFT, TransformsWindowedFrames) {
  RandomTensors random(4);
  const auto signal = random.Floats(20);
  const std::vector<float> window = {0.25, 0.5, 1, 1, 0.5, 0.25};
  std::vector<double> expected;
  for (size_t frame = 0; frame < 8; ++frame) {
    std::vector<float> part;
    for (size_t i = 0; i < 6; ++i) part.push_back(signal[frame * 2 + i] * window[i]);
    const auto spectrum = Definition(part, 1, 6, false);
    expected.insert(expected.end(), spectrum.begin(), spectrum.begin() + 8);
  }
  ExpectNear(
      OpTester("STFT", 17).In<float>({1, 20, 1}, signal).In(MakeScalar<int64_t>(2)).In<float>({6}, window).RunOne(),
      {1, 8, 4, 2}, expected, 1e-6);
  EXPECT_EQ(
      OpTester("STFT", 17).In<float>({1, 4, 1}, {1, 2, 3, 4}).In(MakeScalar<int64_t>(0)).In<float>({2}, {1, 1}).Error(),
      "input 1: expected a positive frame_step, got 0");
  EXPECT_EQ(
      OpTester("STFT", 17).In<float>({1, 4, 1}, {1, 2, 3, 4}).In(MakeScalar<int64_t>(1)).In<float>({6}, window).Error(),
      "expected a frame length in [1, 4], got 6");
}

TEST(Windows, AreSumsOfCosines) {
  std::vector<double> hann, hamming, blackman;
  for (int n = 0; n < 10; ++n) {
    const double turn = 2 * M_PI * n / 10;
    hann.push_back(0.5 - 0.5 * std::cos(turn));
    hamming.push_back(25.0 / 46 - 21.0 / 46 * std::cos(turn));
    blackman.push_back(0.42 - 0.5 * std::cos(turn) + 0.08 * std::cos(2 * turn));
  }
  ExpectNear(OpTester("HannWindow", 17).In(MakeScalar<int32_t>(10)).RunOne(), {10}, hann, 1e-7);
  ExpectNear(OpTester("HammingWindow", 17).In(MakeScalar<int64_t>(10)).RunOne(), {10}, hamming, 1e-7);
  ExpectNear(
      OpTester("BlackmanWindow", 17).Attr("output_datatype", DType::kFloat64).In(MakeScalar<int32_t>(10)).RunOne(),
      {10}, blackman, 1e-15);
  ExpectNear(OpTester("HannWindow", 17).Attr("periodic", 0).In(MakeScalar<int32_t>(3)).RunOne(), {3}, {0, 1, 0}, 1e-7);
  EXPECT_EQ(OpTester("HannWindow", 17).In(MakeScalar<int32_t>(-1)).Error(),
            "input 0: expected a size in [0, 2^22), got -1");
}

TEST(MelWeightMatrix, HasATriangleForEveryBand) {
  // The example of the ONNX specification: rows of 8 bands.
  std::vector<double> expected(9 * 8, 0.0);
  const size_t rows[8] = {0, 0, 1, 1, 2, 3, 4, 5};
  for (size_t i = 0; i < 8; ++i) expected[rows[i] * 8 + i] = 1;
  ExpectNear(OpTester("MelWeightMatrix", 17)
                 .In(MakeScalar<int32_t>(8))
                 .In(MakeScalar<int32_t>(16))
                 .In(MakeScalar<int32_t>(8192))
                 .In(MakeScalar(0.0f))
                 .In(MakeScalar(4096.0f))
                 .RunOne(),
             {9, 8}, expected, 1e-6);
}

}  // namespace
}  // namespace onedge::ops

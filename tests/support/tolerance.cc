#include "tests/support/tolerance.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tensor/half.h"

namespace onedge::conformance {
namespace {

// Bits of element `i`, packed types included.
uint64_t BitsOf(const Tensor& tensor, size_t i, size_t width) {
  if (width >= 8) {
    uint64_t bits = 0;
    std::memcpy(&bits, tensor.bytes() + i * (width / 8), width / 8);
    return bits;
  }
  const size_t per_byte = 8 / width;
  return tensor.bytes()[i / per_byte] >> (i % per_byte * width) & ((1u << width) - 1);
}

double FloatAt(const Tensor& tensor, size_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return tensor.data<float>()[i];
    case DType::kFloat64:
      return tensor.data<double>()[i];
    case DType::kFloat16:
      return ToFloat(tensor.data<Float16>()[i]);
    default:
      return ToFloat(tensor.data<Bfloat16>()[i]);
  }
}

std::optional<std::string> CompareFloats(const Tensor& got, const Tensor& expected, size_t count, Tolerance tolerance,
                                         const auto& at) {
  double largest = 0;
  for (size_t i = 0; i < count; ++i) {
    const double magnitude = std::abs(at(expected, i));
    if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
  }
  tolerance.absolute += tolerance.of_largest * largest;
  double worst = 0;
  size_t worst_index = 0, wrong = 0;
  for (size_t i = 0; i < count; ++i) {
    const double a = at(got, i), b = at(expected, i);
    if ((std::isnan(a) && std::isnan(b)) || a == b) continue;
    const double excess = std::abs(a - b) - (tolerance.absolute + tolerance.relative * std::abs(b));
    if (excess <= 0) continue;
    // NaN and infinite differences are worse than any finite one.
    const double badness = std::isfinite(excess) ? excess : HUGE_VAL;
    if (wrong++ == 0 || badness > worst) {
      worst = badness;
      worst_index = i;
    }
  }
  if (wrong == 0) return std::nullopt;
  return StrCat(wrong, " of ", count, " elements differ; element ", worst_index, " is ", at(got, worst_index),
                ", expected ", at(expected, worst_index));
}

std::optional<std::string> CompareTensors(const Tensor& got, const Tensor& expected, bool model) {
  if (got.dtype() != expected.dtype())
    return StrCat("dtype ", DTypeName(got.dtype()), ", expected ", DTypeName(expected.dtype()));
  if (!(got.shape() == expected.shape())) return StrCat("shape ", got.shape(), ", expected ", expected.shape());
  const size_t count = static_cast<size_t>(got.element_count());
  const Tolerance tolerance = ToleranceFor(got.dtype(), model);
  switch (got.dtype()) {
    case DType::kString:
      for (size_t i = 0; i < count; ++i) {
        if (got.strings()[i] != expected.strings()[i]) {
          return StrCat("string ", i, " is '", got.strings()[i], "', expected '", expected.strings()[i], "'");
        }
      }
      return std::nullopt;
    case DType::kFloat32:
    case DType::kFloat64:
    case DType::kFloat16:
    case DType::kBfloat16:
      return CompareFloats(got, expected, count, tolerance, FloatAt);
    case DType::kComplex64:
      return CompareFloats(got, expected, 2 * count, tolerance,
                           [](const Tensor& tensor, size_t i) -> double { return tensor.data<float>()[i]; });
    case DType::kComplex128:
      return CompareFloats(got, expected, 2 * count, tolerance,
                           [](const Tensor& tensor, size_t i) { return tensor.data<double>()[i]; });
    default:
      break;
  }
  const size_t width = DTypeBits(got.dtype());
  for (size_t i = 0; i < count; ++i) {
    const uint64_t a = BitsOf(got, i, width), b = BitsOf(expected, i, width);
    if (a != b) return StrCat("element ", i, " has the bits ", a, ", expected ", b);
  }
  return std::nullopt;
}

}  // namespace

Tolerance ToleranceFor(DType dtype, bool model) {
  const double absolute = model ? 1e-5 : 1e-7;
  switch (dtype) {
    // The tolerance of ONNX's own backend runner, and two units in the last place of the largest element.
    case DType::kFloat32:
    case DType::kComplex64:
      return {1e-3, absolute, 2.4e-7};
    case DType::kFloat64:
    case DType::kComplex128:
      return {1e-3, absolute};
    // Two units in the last place, and the smallest steps around zero.
    case DType::kFloat16:
      return {2e-3, model ? 1e-3 : 1e-6};
    case DType::kBfloat16:
      return {1.6e-2, absolute};
    default:
      return {0, 0};
  }
}

std::optional<std::string> Difference(const Value& got, const Value& expected, bool model) {
  if (got.is_tensor() && expected.is_tensor()) return CompareTensors(got.tensor(), expected.tensor(), model);
  if (got.is_none() && expected.is_none()) return std::nullopt;
  if (got.is_sequence() && expected.is_sequence()) {
    const auto& a = got.sequence().elements;
    const auto& b = expected.sequence().elements;
    if (a.size() != b.size()) return StrCat("a sequence of ", a.size(), ", expected ", b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      if (auto why = Difference(a[i], b[i], model)) return StrCat("sequence element ", i, ": ", *why);
    }
    return std::nullopt;
  }
  if (got.is_map() && expected.is_map()) {
    if (auto why = Difference(got.map().keys, expected.map().keys, model)) return StrCat("map keys: ", *why);
    for (size_t i = 0; i < got.map().values.size(); ++i) {
      if (auto why = Difference(got.map().values[i], expected.map().values[i], model))
        return StrCat("map value ", i, ": ", *why);
    }
    return std::nullopt;
  }
  return StrCat("got ", got, ", expected ", expected);
}

}  // namespace onedge::conformance

// Weights of 2, 4 or 8 bits for the tests of MatMulNBits: random codes, their form in a model, and the product in
// double precision.
#pragma once

#include <cstdint>
#include <random>
#include <vector>

#include "tensor/half.h"
#include "tensor/tensor.h"

namespace onedge {

struct NBitsCase {
  enum class Zeros { kDefault, kPacked, kFloats };
  size_t m, k, n;
  size_t bits = 4;
  size_t block_size = 32;
  Zeros zeros = Zeros::kDefault;
  bool half = false;     // float16 instead of float32
  bool grouped = false;  // a g_idx
  bool biased = false;

  std::vector<int> codes = {};  // [n, k]
  std::vector<double> x = {}, scales = {}, zero_points = {}, bias = {};
  std::vector<int32_t> groups = {};  // [k]

  size_t blocks() const { return (k + block_size - 1) / block_size; }

  void Fill(uint32_t seed) {
    std::mt19937 engine(seed);
    const auto uniform = [&](double low, double high) {
      const float value = static_cast<float>(std::uniform_real_distribution<double>(low, high)(engine));
      return static_cast<double>(half ? ToFloat(ToFloat16(value)) : value);
    };
    const auto integer = [&](size_t count) { return std::uniform_int_distribution<size_t>(0, count - 1)(engine); };
    const double range = static_cast<double>(size_t{1} << bits);
    codes.clear();
    for (size_t i = 0; i < n * k; ++i) codes.push_back(static_cast<int>(integer(size_t{1} << bits)));
    const auto fill = [&](std::vector<double>& values, size_t count, double low, double high) {
      values.clear();
      for (size_t i = 0; i < count; ++i) values.push_back(uniform(low, high));
    };
    fill(x, m * k, -1, 1);
    fill(scales, n * blocks(), 0.2 / range, 1.5 / range);
    fill(zero_points, n * blocks(), 0, range - 1);
    for (double& zero : zero_points) {
      if (zeros == Zeros::kDefault) zero = range / 2;
      if (zeros == Zeros::kPacked) zero = static_cast<double>(static_cast<int>(zero + 0.5));
    }
    fill(bias, biased ? n : 0, -2, 2);
    groups.clear();
    for (size_t i = 0; i < k; ++i) {
      groups.push_back(static_cast<int32_t>(grouped ? integer(blocks()) : i / block_size));
    }
  }

  Tensor Floats(const Shape& shape, const std::vector<double>& values) const {
    Tensor tensor = Tensor::Allocate(half ? DType::kFloat16 : DType::kFloat32, shape).value();
    for (size_t i = 0; i < values.size(); ++i) {
      const float value = static_cast<float>(values[i]);
      if (half) tensor.mutable_data<Float16>()[i] = ToFloat16(value);
      if (!half) tensor.mutable_data<float>()[i] = value;
    }
    return tensor;
  }
  static Shape Dims(std::initializer_list<size_t> sizes) {
    Shape shape;
    for (size_t size : sizes) shape.push_back(static_cast<int64_t>(size));
    return shape;
  }
  Tensor X() const { return Floats(Dims({m, k}), x); }
  Tensor Scales() const { return Floats(Dims({n, blocks()}), scales); }
  Tensor Bias() const { return Floats(Dims({n}), bias); }
  Tensor Groups() const { return Tensor::FromValues<int32_t>(Dims({k}), groups).value(); }
  // Codes after K are random bits, which nobody may read as weights.
  Tensor B() const {
    const size_t bytes = block_size * bits / 8;
    Tensor b = Tensor::Allocate(DType::kUint8, Dims({n, blocks(), bytes})).value();
    for (int64_t i = 0; i < b.element_count(); ++i) b.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(i * 37 + 11);
    for (size_t j = 0; j < n; ++j) {
      for (size_t i = 0; i < k; ++i) {
        uint8_t& byte = b.mutable_data<uint8_t>()[j * blocks() * bytes + i * bits / 8];
        const size_t shift = i * bits % 8;
        byte = static_cast<uint8_t>((byte & ~(((1u << bits) - 1) << shift)) | static_cast<unsigned>(codes[j * k + i])
                                                                                  << shift);
      }
    }
    return b;
  }
  Tensor ZeroPoints() const {
    if (zeros == Zeros::kFloats) return Floats(Dims({n, blocks()}), zero_points);
    const size_t bytes = (blocks() * bits + 7) / 8;
    Tensor packed = Tensor::Allocate(DType::kUint8, Dims({n, bytes})).value();
    for (size_t i = 0; i < n * bytes; ++i) packed.mutable_data<uint8_t>()[i] = 0;
    for (size_t j = 0; j < n; ++j) {
      for (size_t i = 0; i < blocks(); ++i) {
        packed.mutable_data<uint8_t>()[j * bytes + i * bits / 8] |=
            static_cast<uint8_t>(static_cast<unsigned>(zero_points[j * blocks() + i]) << (i * bits % 8));
      }
    }
    return packed;
  }

  double Weight(size_t i, size_t j) const {
    const size_t block = j * blocks() + static_cast<size_t>(groups[i]);
    return (codes[j * k + i] - zero_points[block]) * scales[block];
  }
  // [m, n]
  std::vector<double> Product() const {
    std::vector<double> y;
    for (size_t row = 0; row < m; ++row) {
      for (size_t j = 0; j < n; ++j) {
        double sum = biased ? bias[j] : 0;
        for (size_t i = 0; i < k; ++i) sum += x[row * k + i] * Weight(i, j);
        y.push_back(sum);
      }
    }
    return y;
  }
};

}  // namespace onedge

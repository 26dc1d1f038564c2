// Runs a graph unchanged and optimized, and lists the operators of the optimized one.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "runtime/session.h"
#include "tensor/half.h"
#include "tests/graph_builder.h"

namespace onedge::testing {

inline std::map<std::string, int> OperatorsOf(const graph::Graph& graph) {
  std::map<std::string, int> counts;
  for (const graph::Node& node : graph.nodes) ++counts[node.op_type];
  return counts;
}

inline Tensor RandomFloats(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<float> values;
  for (int64_t i = 0; i < shape.element_count(); ++i) values.push_back(static_cast<float>(random() % 4001) / 1000 - 2);
  return Tensor::FromValues<float>(shape, values).value();
}

inline std::vector<double> AsDoubles(const Tensor& tensor) {
  std::vector<double> values;
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    switch (tensor.dtype()) {
      case DType::kFloat64:
        values.push_back(tensor.data<double>()[i]);
        break;
      case DType::kFloat16:
        values.push_back(ToFloat(tensor.data<Float16>()[i]));
        break;
      default:
        values.push_back(tensor.data<float>()[i]);
    }
  }
  return values;
}

// `tensor`, of float32, in another float dtype.
inline Tensor ToDType(const Tensor& tensor, DType dtype) {
  Tensor out = Tensor::Allocate(dtype, tensor.shape()).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    const float value = tensor.data<float>()[i];
    if (dtype == DType::kFloat64) out.mutable_data<double>()[i] = value;
    if (dtype == DType::kFloat32) out.mutable_data<float>()[i] = value;
    if (dtype == DType::kFloat16) out.mutable_data<Float16>()[i] = ToFloat16(value);
  }
  return out;
}

struct Optimized {
  std::map<std::string, int> operators;  // of the optimized graph
  double largest_difference = 0;         // between the outputs of both, absolute
  bool same_bits = true;
  std::vector<optimizer::Miss> misses;

  // The reason of the first miss of `pass`; "" without a miss.
  std::string Reason(std::string_view pass) const {
    for (const optimizer::Miss& miss : misses) {
      if (miss.pass == pass) return miss.reason;
    }
    return "";
  }
};

// `make` builds a new graph each time; both get `inputs`. `backends`: of the optimized one.
template <typename Make>
Optimized RunBoth(const Make& make, std::span<const runtime::NamedValue> inputs,
                  std::span<const backends::Backend* const> backends = {}) {
  Optimized out;
  auto plain = runtime::Model::Create(make(), {.optimize = false});
  runtime::ModelOptions options;
  options.optimizer_misses = &out.misses;
  options.backends = backends;
  auto optimized = runtime::Model::Create(make(), options);
  EXPECT_TRUE(plain.ok()) << plain.status().ToString();
  EXPECT_TRUE(optimized.ok()) << optimized.status().ToString();
  if (!plain.ok() || !optimized.ok()) return out;
  out.operators = OperatorsOf((*optimized)->graph());
  auto plain_session = std::move(runtime::Session::Create(*plain)).value();
  auto optimized_session = std::move(runtime::Session::Create(*optimized)).value();
  auto expected = plain_session->Run(inputs);
  auto got = optimized_session->Run(inputs);
  EXPECT_TRUE(expected.ok()) << expected.status().ToString();
  EXPECT_TRUE(got.ok()) << got.status().ToString();
  if (!expected.ok() || !got.ok()) return out;
  for (size_t i = 0; i < expected->size(); ++i) {
    const Tensor& a = (*expected)[i].tensor();
    const Tensor& b = (*got)[i].tensor();
    EXPECT_EQ(a.shape(), b.shape());
    EXPECT_EQ(a.dtype(), b.dtype());
    if (!(a.shape() == b.shape()) || a.dtype() != b.dtype()) continue;
    const std::vector<double> want = AsDoubles(a), have = AsDoubles(b);
    for (size_t j = 0; j < want.size(); ++j) {
      const double difference = std::abs(want[j] - have[j]);
      out.largest_difference = std::max(out.largest_difference, difference);
      out.same_bits = out.same_bits && difference == 0;
    }
  }
  return out;
}

}  // namespace onedge::testing

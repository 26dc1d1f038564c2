// Runs a graph as it is and optimized, and tells which operators the optimized one has.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <random>

#include "runtime/session.h"
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

struct Optimized {
  std::map<std::string, int> operators;  // of the optimized graph
  double largest_difference = 0;         // between the outputs of both, absolute
  bool same_bits = true;
};

// `make` builds the graph anew each time; `inputs` are given to both.
template <typename Make>
Optimized RunBoth(const Make& make, std::span<const runtime::NamedValue> inputs) {
  Optimized out;
  auto plain = runtime::Model::Create(make(), {.optimize = false});
  auto optimized = runtime::Model::Create(make());
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
    for (int64_t j = 0; j < a.element_count(); ++j) {
      const double difference = std::abs(static_cast<double>(a.data<float>()[j]) - b.data<float>()[j]);
      out.largest_difference = std::max(out.largest_difference, difference);
      out.same_bits = out.same_bits && difference == 0;
    }
  }
  return out;
}

}  // namespace onedge::testing

// Convolutions with channels last in sessions: several sessions of one model at once, images of changing size, an image
// with and without batch mates, and the memory that a budget counts.
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <thread>

#include "backends/cpu/cpu_backend.h"
#include "runtime/session.h"
#include "tests/graph_builder.h"

namespace onedge::runtime {
namespace {

using graph::ValueId;
using testing::GraphBuilder;

Tensor Random(const Shape& shape, uint32_t seed) {
  std::mt19937 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Tensor tensor = Tensor::Allocate(DType::kFloat32, shape).value();
  for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<float>()[i] = uniform(random);
  return tensor;
}

// 3x3, depthwise, pointwise, with a residual; dynamic batch and sizes.
graph::Graph Network() {
  GraphBuilder builder(17);
  const std::vector<int64_t> pads = {1, 1, 1, 1};
  const ValueId x = builder.Input("x", DType::kFloat32, {"n", 3, "h", "w"});
  const ValueId first = builder.Node("Relu", {builder.Node("Conv", {x, builder.Constant(Random({16, 3, 3, 3}, 1))},
                                                           {{"pads", pads}, {"strides", std::vector<int64_t>{2, 2}}})});
  const ValueId wide = builder.Node("Conv", {first, builder.Constant(Random({16, 1, 3, 3}, 2))},
                                    {{"pads", pads}, {"group", int64_t{16}}});
  const ValueId narrow = builder.Node("Conv", {wide, builder.Constant(Random({16, 16, 1, 1}, 3))});
  builder.Output(builder.Node("Add", {first, narrow}), "y");
  return builder.Build();
}

class ChannelsLast : public ::testing::Test {
 protected:
  Result<std::shared_ptr<const Model>> Create(MemoryBudget* budget = nullptr) {
    ModelOptions options;
    options.backends = backends_;
    options.budget = budget;
    return Model::Create(Network(), options);
  }
  static Tensor Run(Session& session, const Tensor& x) {
    const NamedValue inputs[] = {{"x", x}};
    auto outputs = session.Run(inputs);
    EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
    return outputs.ok() ? (*outputs)[0].tensor().Clone().value() : Tensor();
  }
  static bool SameBits(const Tensor& a, const Tensor& b) {
    return a.shape() == b.shape() && std::memcmp(a.bytes(), b.bytes(), a.byte_size()) == 0;
  }

  const backends::cpu::CpuBackend cpu_;
  const backends::Backend* const backends_[1] = {&cpu_};
};

#ifndef __EMSCRIPTEN__  // threads
TEST_F(ChannelsLast, SessionsOfOneModelRunAtOnceAndSizesChange) {
  const auto model = std::move(Create()).value();
  size_t convolutions = 0;
  for (const graph::Node& node : model->graph().nodes) convolutions += node.op_type == "NhwcConv";
  EXPECT_EQ(convolutions, 3u);
  std::vector<Tensor> images, expected;
  for (int i = 0; i < 6; ++i) {
    images.push_back(Random({1 + i % 2, 3, 9 + i, 20 - i}, static_cast<uint32_t>(10 + i)));
    auto session = std::move(Session::Create(model)).value();
    expected.push_back(Run(*session, images.back()));
  }
  const auto pool = ThreadPool::Create(2);
  std::vector<std::thread> threads;
  std::vector<int> wrong(3);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      SessionOptions options;
      options.threads = t == 0 ? nullptr : pool.get();
      auto session = std::move(Session::Create(model, options)).value();
      for (size_t round = 0; round < 60; ++round) {
        const size_t i = round * (t + 1) % images.size();
        wrong[t] += !SameBits(Run(*session, images[i]), expected[i]);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (int count : wrong) EXPECT_EQ(count, 0);
}
#endif

TEST_F(ChannelsLast, ABatchHasTheBitsOfItsImages) {
  const auto model = std::move(Create()).value();
  auto session = std::move(Session::Create(model)).value();
  const Tensor batch = Random({3, 3, 11, 13}, 7);
  const Tensor all = Run(*session, batch);
  for (size_t i = 0; i < 3; ++i) {
    const size_t bytes = batch.byte_size() / 3;
    const Tensor image = Tensor::FromBytes(DType::kFloat32, {1, 3, 11, 13}, {batch.bytes() + i * bytes, bytes}).value();
    const Tensor one = Run(*session, image);
    EXPECT_EQ(std::memcmp(one.bytes(), all.bytes() + i * one.byte_size(), one.byte_size()), 0) << "image " << i;
  }
}

// Every reservation of the model, the session and a run fails once: a Status each time, and nothing is lost.
TEST_F(ChannelsLast, EveryFailedReservationIsAnError) {
  const Tensor x = Random({1, 3, 8, 8}, 5);
  size_t failures = 0;
  for (size_t countdown = 1; countdown < 1000; ++countdown) {
    MemoryBudget budget;
    budget.FailOnce(countdown);
    const auto use = [&]() -> Status {
      ONEDGE_ASSIGN_OR_RETURN(const auto model, Create(&budget));
      SessionOptions options;
      options.budget = &budget;
      ONEDGE_ASSIGN_OR_RETURN(const auto session, Session::Create(model, options));
      const NamedValue inputs[] = {{"x", x}};
      return session->Run(inputs).status();
    };
    const Status status = use();
    EXPECT_EQ(budget.used_bytes(), 0u) << "reservation " << countdown;
    if (budget.failure_pending()) {
      EXPECT_TRUE(status.ok()) << status.ToString();
      EXPECT_GT(failures, 10u);
      return;
    }
    failures += !status.ok();
    if (!status.ok()) EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << status.ToString();
  }
  FAIL() << "the last reservation was not reached";
}

}  // namespace
}  // namespace onedge::runtime

// KernelTester: one node, lowered by the CPU backend and run like in a session, with its scratch counted; and the same
// node by its portable operator, for comparison.
#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <deque>
#include <random>
#include <string>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "ops/eager.h"
#include "ops/registry.h"

namespace onedge::backends::cpu {

// Random tensors; a failure prints the seed.
class Random {
 public:
  explicit Random(uint32_t seed) : engine_(seed) {}
  size_t Size(size_t least, size_t most) { return std::uniform_int_distribution<size_t>(least, most)(engine_); }
  float Float(float low = -1, float high = 1) { return std::uniform_real_distribution<float>(low, high)(engine_); }
  Tensor Floats(const Shape& shape, float low = -1, float high = 1) {
    Tensor tensor = Tensor::Allocate(DType::kFloat32, shape).value();
    for (int64_t i = 0; i < tensor.element_count(); ++i) tensor.mutable_data<float>()[i] = Float(low, high);
    return tensor;
  }
  template <typename T>
  Tensor Integers(const Shape& shape, int low, int high) {
    Tensor tensor = Tensor::Allocate(kDTypeOf<T>, shape).value();
    std::uniform_int_distribution<int> distribution(low, high);
    for (int64_t i = 0; i < tensor.element_count(); ++i)
      tensor.mutable_data<T>()[i] = static_cast<T>(distribution(engine_));
    return tensor;
  }

 private:
  std::mt19937 engine_;
};

inline Shape Dimensions(std::initializer_list<size_t> dims) {
  Shape shape;
  for (size_t dim : dims) shape.push_back(static_cast<int64_t>(dim));
  return shape;
}

class KernelTester {
 public:
  KernelTester(std::string domain, std::string op_type, int64_t opset) {
    node_.name = "tested";
    node_.domain = std::move(domain);
    node_.op_type = std::move(op_type);
    node_.opset = opset;
  }
  KernelTester& Attribute(std::string name, graph::AttributeValue value) {
    node_.attributes.push_back({std::move(name), std::move(value)});
    return *this;
  }
  KernelTester& Input(Tensor tensor) { return Add(std::move(tensor), false); }
  KernelTester& Constant(Tensor tensor) { return Add(std::move(tensor), true); }
  // The value of input `i` once more.
  KernelTester& SameAs(size_t i) {
    node_.inputs.push_back(node_.inputs[i]);
    values_.push_back(values_[i]);
    return *this;
  }
  KernelTester& NoInput() {
    node_.inputs.push_back(graph::kNoValue);
    values_.emplace_back();
    return *this;
  }
  KernelTester& Outputs(size_t count) {
    output_count_ = count;
    return *this;
  }
  KernelTester& Exact(bool exact) {
    exact_ = exact;
    return *this;
  }
  // By this function, not by the backend's table.
  KernelTester& LoweredBy(Result<std::unique_ptr<const Kernel>> (*lower)(LowerContext& ctx)) {
    lower_ = lower;
    return *this;
  }
  KernelTester& Threads(ThreadPool* threads) {
    threads_ = threads;
    return *this;
  }

  MemoryBudget& budget() { return budget_; }  // of the kernel and its session

  // The kernel, or null if the backend declines.
  Result<std::unique_ptr<const Kernel>> Lower() {
    while (node_.outputs.size() < output_count_) node_.outputs.push_back(graph_.AddValue("y"));
    ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(node_));
    LowerContext ctx{graph_, node_, exact_, &budget_, nullptr, nullptr, {}};
    auto kernel = lower_ ? lower_(ctx) : CpuBackend().Lower(ctx);
    claims_ = ctx.claims;
    return kernel;
  }

  // Every output, by the backend's kernel.
  Result<std::vector<Value>> Run() {
    ONEDGE_ASSIGN_OR_RETURN(auto kernel, Lower());
    if (!kernel) return NotFound("the backend declined the node");
    std::vector<Value> inputs = values_;
    for (const LowerContext::Claim& claim : claims_) {  // a model drops them
      for (size_t i = 0; i < inputs.size(); ++i) {
        if (node_.inputs[i] == claim.id) inputs[i] = Value();
      }
    }
    std::vector<const Shape*> shapes;
    for (const Value& value : values_) shapes.push_back(value.is_tensor() ? &value.tensor().shape() : nullptr);
    ONEDGE_ASSIGN_OR_RETURN(auto session, CpuBackend().Open({threads_, &budget_}));
    ONEDGE_ASSIGN_OR_RETURN(auto step, kernel->Plan({shapes, {}}, session.get()));
    Context ctx(inputs, output_count_, threads_, step->workspace_bytes());
    ONEDGE_ASSIGN_OR_RETURN(const Progress progress, step->Run(ctx));
    if (progress != Progress::kDone) return Internal("a CPU kernel is done when its step returns");
    return std::vector<Value>(ctx.outputs.begin(), ctx.outputs.end());
  }
  Tensor RunOne() {
    auto outputs = Run();
    EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
    return outputs.ok() ? (*outputs)[0].tensor() : Tensor();
  }

  // Every output, by the portable operator.
  Result<std::vector<Value>> RunPortable() {
    ONEDGE_RETURN_IF_ERROR(ops::ResolveOp(node_));
    return ops::RunEagerly(*node_.op, values_, output_count_);
  }
  Tensor RunOnePortable() {
    auto outputs = RunPortable();
    EXPECT_TRUE(outputs.ok()) << outputs.status().ToString();
    return outputs.ok() ? (*outputs)[0].tensor() : Tensor();
  }

 private:
  class Context final : public ops::OpContext {
   public:
    Context(const std::vector<Value>& inputs, size_t output_count, ThreadPool* threads, size_t workspace)
        : outputs(output_count), workspace_bytes_(workspace) {
      for (const Value& value : inputs) pointers_.push_back(value.is_none() ? nullptr : &value);
      inputs_ = pointers_;
      output_count_ = output_count;
      threads_ = threads;
    }
    bool WantsOutput(size_t i) const override { return i < outputs.size(); }
    Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) override {
      ONEDGE_ASSIGN_OR_RETURN(outputs[i], Tensor::Allocate(dtype, shape));
      return &outputs[i].tensor();
    }
    Status SetOutput(size_t i, Value value) override {
      outputs[i] = std::move(value);
      return OkStatus();
    }
    Result<uint8_t*> Workspace(size_t bytes) override {
      if (bytes > workspace_bytes_)
        return Internal("asked for ", bytes, " bytes of scratch, declared ", workspace_bytes_);
      ONEDGE_ASSIGN_OR_RETURN(workspace_, Buffer::Allocate(bytes, nullptr));
      std::memset(workspace_.data(), 0xff, bytes);  // NaN, so that unwritten bytes are noticed
      return workspace_.data();
    }
    Result<std::vector<Value>> RunSubgraph(const graph::Graph&, std::span<const Value>) override {
      return Unsupported("no subgraphs here");
    }
    Status CheckCancelled() const override { return OkStatus(); }

    std::deque<Value> outputs;

   private:
    std::vector<const Value*> pointers_;
    size_t workspace_bytes_;
    Buffer workspace_;
  };

  KernelTester& Add(Tensor tensor, bool constant) {
    const graph::ValueId id = graph_.AddValue("x", graph::TypeInfo::Tensor(tensor.dtype(), tensor.shape()));
    if (constant) graph_.constants[id] = tensor;
    node_.inputs.push_back(id);
    values_.emplace_back(std::move(tensor));
    return *this;
  }

  MemoryBudget budget_;
  graph::Graph graph_;
  graph::Node node_;
  std::vector<Value> values_;
  std::vector<LowerContext::Claim> claims_;
  size_t output_count_ = 1;
  bool exact_ = false;
  Result<std::unique_ptr<const Kernel>> (*lower_)(LowerContext& ctx) = nullptr;
  ThreadPool* threads_ = nullptr;
};

// |got - expected| <= tolerance * (1 + |expected|), elementwise.
inline void ExpectClose(const Tensor& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.element_count(), static_cast<int64_t>(expected.size())) << got.ToString();
  for (size_t i = 0; i < expected.size(); ++i) {
    ASSERT_NEAR(got.data<float>()[i], expected[i], tolerance * (1 + std::abs(expected[i]))) << "element " << i;
  }
}
inline void ExpectSameBits(const Tensor& got, const Tensor& expected) {
  ASSERT_EQ(got.ToString(), expected.ToString());
  for (size_t i = 0; i < got.byte_size() / sizeof(uint32_t); ++i) {
    ASSERT_EQ(got.data<uint32_t>()[i], expected.data<uint32_t>()[i])
        << "element " << i << ": " << got.data<float>()[i] << " and " << expected.data<float>()[i];
  }
}

}  // namespace onedge::backends::cpu

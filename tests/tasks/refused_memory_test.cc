// Allocation i fails, for every i, while a model and its tokenizer are loaded and while they run. Each failure must be
// a clear kResourceExhausted, nothing may be kept (the address sanitizer also looks for leaks), and the same session
// must then give the same bits.
#include <gtest/gtest.h>

#include <cstdio>
#include <map>

#include "backends/cpu/cpu_backend.h"
#include "onnx/loader.h"
#include "package/reader.h"
#include "runtime/session.h"
#include "tests/tiny_bert.h"
#include "tokenizer/tokenizer.h"

namespace onedge::tasks {
namespace {

using graph::kNoValue;
using graph::ValueId;
using testing::GraphBuilder;

// The parts of a .onedge package, by name.
class Parts final : public package::Reader::Sink {
 public:
  static std::map<std::string, std::vector<uint8_t>> Of(const std::string& path) {
    std::FILE* file = std::fopen(path.c_str(), "rb");
    EXPECT_NE(file, nullptr) << path;
    if (!file) return {};
    Parts parts;
    package::Reader reader(&parts);
    std::vector<uint8_t> block(1 << 16);
    for (size_t count; (count = std::fread(block.data(), 1, block.size(), file)) > 0;) {
      const Status status = reader.Feed({block.data(), count});
      EXPECT_TRUE(status.ok()) << status.ToString();
    }
    std::fclose(file);
    EXPECT_TRUE(reader.Finish().ok());
    return std::move(parts.parts_);
  }

 private:
  Status OnManifest(const package::Manifest&) override { return OkStatus(); }
  Status OnPartBegin(const package::Part& part, uint64_t) override {
    bytes_ = &parts_[std::string(part.name)];
    return OkStatus();
  }
  Status OnPartBytes(std::span<const uint8_t> bytes) override {
    bytes_->insert(bytes_->end(), bytes.begin(), bytes.end());
    return OkStatus();
  }
  Status OnPartEnd() override { return OkStatus(); }

  std::map<std::string, std::vector<uint8_t>> parts_;
  std::vector<uint8_t>* bytes_ = nullptr;
};

struct Loaded {
  std::unique_ptr<const tokenizer::Tokenizer> tokenizer;  // may be null
  std::shared_ptr<const runtime::Model> model;
};

// The subject of a test: a graph made for each load, or a file; and its tokenizer.
struct Subject {
  graph::Graph (*graph)() = nullptr;
  std::vector<uint8_t> file = {};
  std::vector<uint8_t> weights = {};    // of `file`, its external data
  std::vector<uint8_t> tokenizer = {};  // a tokenizer.json, or its compiled image
  backends::cpu::CpuBackend backend = {};

  Result<Loaded> Load(MemoryBudget* budget) const {
    Loaded loaded;
    graph::Graph made;
    if (graph) {
      made = graph();
    } else {
      onnx::Loader loader = onnx::Loader::Create({.budget = budget, .model_bytes = file.size()});
      ONEDGE_RETURN_IF_ERROR(loader.Feed(file));
      ONEDGE_ASSIGN_OR_RETURN(const auto external, loader.ExternalParts());
      for (const onnx::ExternalPart& part : external) {
        ONEDGE_RETURN_IF_ERROR(loader.BeginExternal(part.location, weights.size()));
        ONEDGE_RETURN_IF_ERROR(loader.FeedExternal(part.location, 0, weights));
      }
      ONEDGE_ASSIGN_OR_RETURN(onnx::Model read, loader.Finish());
      made = std::move(read.graph);
    }
    const backends::Backend* const backends[] = {&backend};
    ONEDGE_ASSIGN_OR_RETURN(loaded.model,
                            runtime::Model::Create(std::move(made), {.backends = backends, .budget = budget}));
    if (!tokenizer.empty() && tokenizer[0] == '{') {
      ONEDGE_ASSIGN_OR_RETURN(loaded.tokenizer, tokenizer::Tokenizer::Load(tokenizer, budget));
    } else if (!tokenizer.empty()) {
      MemoryReservation memory(budget);
      ONEDGE_RETURN_IF_ERROR(memory.Grow(tokenizer.size()));
      ONEDGE_ASSIGN_OR_RETURN(loaded.tokenizer, tokenizer::Tokenizer::LoadImage(tokenizer, std::move(memory)));
    }
    return loaded;
  }
};

// One run, on a text if there is a tokenizer, otherwise on tensors of `size` for each symbolic dimension. Returns the
// bytes of the outputs.
Result<std::string> Run(const Loaded& loaded, runtime::Session& session, int64_t size) {
  std::vector<int32_t> ids;
  if (loaded.tokenizer) {
    ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding,
                            loaded.tokenizer->Encode("Wo ist der Bahnhof? This is the 2nd of three sentences."));
    ids = encoding.ids();
  }
  std::vector<runtime::NamedValue> inputs;
  for (const runtime::SignatureEntry& input : session.model().inputs()) {
    Shape shape;
    for (const graph::Dim& dim : input.type.dims.value()) shape.push_back(dim.known() ? dim.value : size);
    if (!ids.empty()) shape = {1, static_cast<int64_t>(ids.size())};
    Tensor tensor = Tensor::Allocate(input.type.dtype, shape).value();
    for (int64_t i = 0; i < tensor.element_count(); ++i) {
      if (tensor.dtype() == DType::kFloat32) tensor.mutable_data<float>()[i] = static_cast<float>(i % 13) / 13;
      if (tensor.dtype() == DType::kBool) tensor.mutable_data<bool>()[i] = true;
      if (tensor.dtype() != DType::kInt64) continue;
      const bool is_id = !ids.empty() && input.name == "input_ids";
      tensor.mutable_data<int64_t>()[i] = is_id ? ids[static_cast<size_t>(i)] : 1 + i % 3;
    }
    inputs.push_back({input.name, std::move(tensor)});
  }
  ONEDGE_ASSIGN_OR_RETURN(const std::span<const Value> outputs, session.Run(inputs));
  std::string bytes;
  for (const Value& output : outputs) {
    bytes.append(reinterpret_cast<const char*>(output.tensor().bytes()), output.tensor().byte_size());
  }
  return bytes;
}

void ExpectRefusal(const Status& status, size_t i) {
  EXPECT_EQ(status.code(), StatusCode::kResourceExhausted) << "allocation " << i << ": " << status.ToString();
  EXPECT_NE(status.message().find("memory limit: needs "), std::string_view::npos) << status.ToString();
}

// `least`: the minimum number of allocations while loading and while running, so that the test reaches some.
void ExpectEveryRefusalIsClean(const Subject& subject, size_t least_loading, size_t least_running) {
  size_t loading = 0;
  for (size_t i = 1;; ++i) {
    MemoryBudget budget;
    budget.FailOnce(i);
    {
      const auto loaded = subject.Load(&budget);
      if (budget.failure_pending()) {
        ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
        break;
      }
      ++loading;
      ASSERT_FALSE(loaded.ok()) << "allocation " << i << " failed, and loading succeeded";
      ExpectRefusal(loaded.status(), i);
    }
    ASSERT_EQ(budget.used_bytes(), 0u) << "allocation " << i;
  }
  EXPECT_GE(loading, least_loading);

  MemoryBudget budget;
  size_t running = 0;
  {
    const auto loaded = subject.Load(&budget);
    ASSERT_TRUE(loaded.ok()) << loaded.status().ToString();
    std::string expected;
    {
      auto session = std::move(runtime::Session::Create(loaded->model)).value();
      expected = Run(*loaded, *session, 3).value();
      ASSERT_FALSE(expected.empty());
    }
    const size_t resident = budget.used_bytes();
    for (size_t i = 1;; ++i) {
      auto session = std::move(runtime::Session::Create(loaded->model)).value();
      budget.FailOnce(i);
      const auto refused = Run(*loaded, *session, 3);
      const bool failed = !budget.failure_pending();
      budget.FailOnce(0);
      if (!refused.ok()) ExpectRefusal(refused.status(), i);
      // Caches (the tokenizer's chunks) are left out.
      if (refused.ok()) EXPECT_EQ(*refused, expected) << "allocation " << i;
      const auto again = Run(*loaded, *session, 3);
      ASSERT_TRUE(again.ok()) << "after allocation " << i << ": " << again.status().ToString();
      EXPECT_EQ(*again, expected) << "after allocation " << i;
      session.reset();
      EXPECT_LE(budget.used_bytes(), resident + (loaded->tokenizer ? 1 << 16 : 0)) << "allocation " << i;
      if (!failed) break;
      running += !refused.ok();
    }
  }
  EXPECT_GE(running, least_running);
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST(RefusedMemory, Digits) {
  auto parts = Parts::Of("models/digits/digits.onedge");
  ExpectEveryRefusalIsClean({.file = parts["model.onnx"], .weights = parts["weights.bin"]}, 5, 1);
}

TEST(RefusedMemory, AQuantizedModelOfTextAndItsTokenizer) {
  auto parts = Parts::Of("models/langid/langid-int8.onedge");
  const bool compiled = parts.contains("tokenizer.bin");
  ExpectEveryRefusalIsClean(
      {.file = parts["model.onnx"], .weights = parts["weights.bin"], .tokenizer = parts["tokenizer.json"]}, 20, 1);
  if (compiled) {
    ExpectEveryRefusalIsClean(
        {.file = parts["model.onnx"], .weights = parts["weights.bin"], .tokenizer = parts["tokenizer.bin"]}, 5, 1);
  }
}

TEST(RefusedMemory, ABertOfTwoLayers) {
  ExpectEveryRefusalIsClean({.graph = [] { return testing::TinyBert::Build(12); }}, 5, 1);
}

TEST(RefusedMemory, ALoopAroundAnIf) {
  const auto build = [] {
    GraphBuilder outer;
    const ValueId m = outer.Input("m", DType::kInt64, {});
    const ValueId cond = outer.Input("cond", DType::kBool, {});
    const ValueId x = outer.Input("x", DType::kFloat32, {"n", 4});
    GraphBuilder body;
    body.Input("turn", DType::kInt64, {});
    const ValueId go = body.Input("go", DType::kBool, {});
    const ValueId carried = body.Input("carried", DType::kFloat32, {"k", 4});
    body.Output(body.Node("Identity", {go}));
    const ValueId inner_cond = body.Capture(cond);
    GraphBuilder yes, no;
    const ValueId seen = yes.Capture(carried);
    yes.Output(yes.Node("MatMul", {seen, yes.Floats({4, 4}, std::vector<float>(16, 0.25f))}));
    no.Output(no.Node("Neg", {no.Capture(carried)}));
    const ValueId next =
        body.Node("If", {inner_cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}});
    body.Output(body.Node("Concat", {next, carried}, {{"axis", int64_t{0}}}));
    body.Output(body.Node("ReduceSum", {next}));
    const auto outputs = outer.Nodes("Loop", {m, kNoValue, x}, 2, {{"body", body.BuildSubgraph()}});
    outer.Output(outputs[0]);
    outer.Output(outputs[1]);
    return outer.Build();
  };
  ExpectEveryRefusalIsClean({.graph = build}, 1, 5);
}

// An LSTM between quantized and dequantized tensors, with a float16 part: operators that allocate while they run.
TEST(RefusedMemory, AnLstmAndQuantizedTensors) {
  const auto build = [] {
    GraphBuilder builder(19);
    const ValueId x = builder.Input("x", DType::kFloat32, {"steps", "batch", 3});
    const ValueId scale = builder.Floats({}, {0.01f});
    const uint8_t middle = 128;
    const ValueId zero = builder.Constant(Tensor::FromValues<uint8_t>({}, {&middle, 1}).value());
    const ValueId quantized = builder.Node("QuantizeLinear", {x, scale, zero});
    const ValueId restored = builder.Node("DequantizeLinear", {quantized, scale, zero});
    const ValueId w = builder.Floats({1, 16, 3}, std::vector<float>(48, 0.1f));
    const ValueId r = builder.Floats({1, 16, 4}, std::vector<float>(64, 0.05f));
    const ValueId y = builder.Node("LSTM", {restored, w, r}, {{"hidden_size", int64_t{4}}});
    const ValueId half = builder.Node("Cast", {y}, {{"to", int64_t{10}}});
    builder.Output(builder.Node("Cast", {builder.Node("Softmax", {half})}, {{"to", int64_t{1}}}));
    return builder.Build();
  };
  ExpectEveryRefusalIsClean({.graph = build}, 0, 2);
}

}  // namespace
}  // namespace onedge::tasks

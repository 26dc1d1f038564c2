#include "tests/device/device_models.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "backends/kernel.h"
#include "onnx/loader.h"
#include "onnx/value_codec.h"
#include "package/reader.h"
#include "tests/graph_builder.h"
#include "text/wire.h"

namespace onedge::testing {

using graph::Graph;
using graph::ValueId;
using runtime::NamedValue;

namespace {

// Values in [-scale, scale] without a pattern, the same in each build.
class Weights {
 public:
  Weights(GraphBuilder& builder, uint32_t seed) : builder_(builder), state_(seed) {}
  ValueId operator()(const Shape& shape, float scale) {
    std::vector<float> values;
    for (int64_t i = 0; i < shape.element_count(); ++i) {
      state_ = state_ * 1664525u + 1013904223u;
      values.push_back((static_cast<float>(state_ >> 8) / 8388608.0f - 1.0f) * scale);
    }
    return builder_.Floats(shape, std::move(values));
  }

 private:
  GraphBuilder& builder_;
  uint32_t state_;
};

// Nodes of an encoder layer, in the form of PyTorch's exporter.
class BertBuilder {
 public:
  BertBuilder() : w_(b_, 11) {}

  Graph Build(int layers) {
    const ValueId ids = b_.Input("input_ids", DType::kInt64, {"batch", "seq"});
    const ValueId types = b_.Input("token_type_ids", DType::kInt64, {"batch", "seq"});
    const ValueId mask = b_.Input("attention_mask", DType::kInt64, {"batch", "seq"});
    const ValueId wide = b_.Node("Unsqueeze", {mask, b_.Ints({2}, {1, 2})});
    const ValueId as_float = b_.Node("Cast", {wide}, {{"to", int64_t{1}}});
    bias_ = b_.Node("Mul", {b_.Node("Sub", {b_.Floats({}, {1}), as_float}), b_.Floats({}, {-10000})});
    ValueId x = b_.Node("Add", {b_.Node("Gather", {w_({50, kH}, 1), ids}), b_.Node("Gather", {w_({2, kH}, 1), types})});
    // Positions: the first `seq` rows of a table.
    const ValueId length = b_.Node("Gather", {b_.Node("Shape", {ids}), b_.Ints({1}, {1})});
    const ValueId table = w_({1, 64, kH}, 1);
    x = b_.Node("Add", {x, b_.Node("Slice", {table, b_.Ints({1}, {0}), length, b_.Ints({1}, {1})})});
    x = Normalize(x);
    for (int i = 0; i < layers; ++i) x = Layer(x);
    b_.Output(x, "hidden_states");
    return b_.Build();
  }

 private:
  static constexpr int64_t kH = kBertHidden, kHeads = 4;

  ValueId Linear(ValueId x, int64_t in, int64_t out) {
    return b_.Node("Add", {b_.Node("MatMul", {x, w_({in, out}, 0.3f)}), w_({out}, 0.1f)});
  }
  ValueId Normalize(ValueId x) {
    return b_.Node("LayerNormalization", {x, w_({kH}, 1), w_({kH}, 0.1f)}, {{"axis", int64_t{-1}}});
  }
  ValueId Dimension(ValueId x, int64_t axis) {
    return b_.Node("Gather", {b_.Node("Shape", {x}), b_.Ints({1}, {axis})});
  }
  ValueId ShapeLike(ValueId x, std::vector<int64_t> rest) {
    const auto count = static_cast<int64_t>(rest.size());
    return b_.Node("Concat", {Dimension(x, 0), Dimension(x, 1), b_.Ints({count}, std::move(rest))},
                   {{"axis", int64_t{0}}});
  }
  ValueId Heads(ValueId x, std::vector<int64_t> order) {
    const ValueId split = b_.Node("Reshape", {x, ShapeLike(x, {kHeads, kH / kHeads})});
    return b_.Node("Transpose", {split}, {{"perm", std::move(order)}});
  }
  ValueId Layer(ValueId x) {
    const ValueId q = Heads(Linear(x, kH, kH), {0, 2, 1, 3});
    const ValueId k = Heads(Linear(x, kH, kH), {0, 2, 3, 1});
    const ValueId v = Heads(Linear(x, kH, kH), {0, 2, 1, 3});
    ValueId scores = b_.Node("Div", {b_.Node("MatMul", {q, k}), b_.Floats({}, {std::sqrt(8.0f)})});
    scores = b_.Node("Softmax", {b_.Node("Add", {scores, bias_})}, {{"axis", int64_t{-1}}});
    ValueId y = b_.Node("Transpose", {b_.Node("MatMul", {scores, v})}, {{"perm", std::vector<int64_t>{0, 2, 1, 3}}});
    y = b_.Node("Reshape", {y, ShapeLike(y, {kH})});
    x = Normalize(b_.Node("Add", {Linear(y, kH, kH), x}));
    const ValueId up = Linear(x, kH, 2 * kH);
    const ValueId erf = b_.Node("Erf", {b_.Node("Div", {up, b_.Floats({}, {std::sqrt(2.0f)})})});
    const ValueId gelu =
        b_.Node("Mul", {b_.Node("Mul", {up, b_.Node("Add", {erf, b_.Floats({}, {1})})}), b_.Floats({}, {0.5f})});
    return Normalize(b_.Node("Add", {Linear(gelu, 2 * kH, kH), x}));
  }

  GraphBuilder b_{17};
  Weights w_;
  ValueId bias_ = graph::kNoValue;
};

std::optional<std::vector<uint8_t>> ReadFile(const std::string& path) {
  std::FILE* file = std::fopen(path.c_str(), "rb");
  if (!file) return std::nullopt;
  std::vector<uint8_t> bytes;
  uint8_t block[1 << 16];
  for (size_t got; (got = std::fread(block, 1, sizeof block, file)) > 0;) bytes.insert(bytes.end(), block, block + got);
  std::fclose(file);
  return bytes;
}

// Reads the graph of a package.
class GraphSink final : public package::Reader::Sink {
 public:
  Status OnManifest(const package::Manifest&) override { return OkStatus(); }
  Status OnPartBegin(const package::Part& part, uint64_t) override {
    name_ = part.name;
    at_ = 0;
    return OkStatus();
  }
  Status OnPartBytes(std::span<const uint8_t> bytes) override {
    const uint64_t at = at_;
    at_ += bytes.size();
    if (name_ == "model.onnx") return loader.Feed(bytes);
    return name_ == "weights.bin" ? loader.FeedExternal(name_, at, bytes) : OkStatus();
  }
  Status OnPartEnd() override { return name_ == "model.onnx" ? loader.ExternalParts().status() : OkStatus(); }

  onnx::Loader loader = onnx::Loader::Create();

 private:
  std::string name_;
  uint64_t at_ = 0;
};

Tensor Int64s(const Shape& shape, const std::vector<int64_t>& values) {
  return Tensor::FromValues<int64_t>(shape, values).value();
}

}  // namespace

Graph Bert(int layers) { return BertBuilder().Build(layers); }

std::vector<NamedValue> BertInputs(int batch, int length, int first_id) {
  std::vector<int64_t> ids, types, mask;
  for (int i = 0; i < batch * length; ++i) {
    ids.push_back((first_id + i * 7) % 50);
    types.push_back(i % length < length / 2 ? 0 : 1);
    mask.push_back(i % length < length - i / length ? 1 : 0);
  }
  const Shape shape = {batch, length};
  return {{"input_ids", Int64s(shape, ids)},
          {"token_type_ids", Int64s(shape, types)},
          {"attention_mask", Int64s(shape, mask)}};
}

Graph Digits() {
  const auto bytes = ReadFile("models/digits/digits.onedge");
  EXPECT_TRUE(bytes) << "models/digits/digits.onedge: tests run in the repository's root";
  if (!bytes) return {};
  GraphSink sink;
  package::Reader reader(&sink);
  const Status status = reader.Feed(*bytes);
  EXPECT_TRUE(status.ok()) << status.ToString();
  auto model = sink.loader.Finish();
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return model.ok() ? std::move(model->graph) : Graph();
}

std::vector<NamedValue> DigitsInputs(int batch) {
  Graph graph = Digits();
  const graph::ValueInfo& input = graph.values[static_cast<size_t>(graph.inputs[0])];
  Shape shape = {batch};
  for (size_t i = 1; i < input.type.dims->size(); ++i) shape.push_back((*input.type.dims)[i].value);
  static std::string name;
  name = input.name;
  return {{name, Ramp(shape, 0.01f)}};
}

Graph WithIf() {
  GraphBuilder outer(18);
  Weights w(outer, 5);
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 8});
  const ValueId y = outer.Node("MatMul", {x, w({8, 8}, 0.2f)});
  const ValueId w2 = w({8}, 1);
  const ValueId mean = outer.Node("ReduceMean", {y}, {{"keepdims", int64_t{0}}});
  const ValueId cond = outer.Node("Greater", {mean, outer.Floats({}, {0})});
  GraphBuilder yes(18), no(18);
  yes.Output(yes.Node("Add", {yes.Capture(y), yes.Capture(w2)}));
  no.Output(no.Node("Mul", {no.Capture(y), no.Capture(w2)}));
  const ValueId either =
      outer.Node("If", {cond}, {{"then_branch", yes.BuildSubgraph()}, {"else_branch", no.BuildSubgraph()}});
  outer.Output(outer.Node("Relu", {either}), "y");
  return outer.Build();
}

Graph WithLoop(int turns) {
  GraphBuilder outer(17);
  Weights w(outer, 7);
  const ValueId x = outer.Input("x", DType::kFloat32, {"n", 8});
  const ValueId weights = w({8, 8}, 0.4f);
  GraphBuilder body(17);
  body.Input("turn", DType::kInt64, {});
  const ValueId cond = body.Input("cond", DType::kBool, {});
  const ValueId carried = body.Input("carried", DType::kFloat32, {"n", 8});
  body.Output(body.Node("Identity", {cond}));
  body.Output(body.Node(
      "Add", {body.Node("MatMul", {carried, body.Capture(weights)}), body.Floats({8}, std::vector<float>(8, 1))}));
  const ValueId limit = outer.Constant(Int64s({}, {turns}));
  const bool yes = true;
  const ValueId go = outer.Constant(Tensor::FromValues<bool>({}, {&yes, 1}).value());
  const ValueId last = outer.Node("Loop", {limit, go, x}, {{"body", body.BuildSubgraph()}});
  outer.Output(outer.Node("Tanh", {last}), "y");
  return outer.Build();
}

Graph WithNonZero() {
  GraphBuilder builder(17);
  const ValueId x = builder.Input("x", DType::kFloat32, {2, 6});
  const ValueId flat =
      builder.Node("Reshape", {builder.Node("Add", {x, builder.Floats({}, {1})}), builder.Ints({1}, {-1})});
  const ValueId where = builder.Node("Reshape", {builder.Node("NonZero", {flat}), builder.Ints({1}, {-1})});
  builder.Output(builder.Node("Mul", {builder.Node("Gather", {flat, where}), builder.Floats({}, {2})}), "y");
  return builder.Build();
}

Graph OnlyTheShape() {
  GraphBuilder builder(17);
  const ValueId x = builder.Input("x", DType::kFloat32, {"n", 6});
  const ValueId shape = builder.Node("Shape", {builder.Node("Exp", {x})});
  builder.Output(builder.Node("ConstantOfShape", {shape}), "y");
  return builder.Build();
}

std::optional<Loaded> LoadShared(const std::string& name) {
  const char* shared = std::getenv("ONEDGE_SHARED");
  const std::string folder = StrCat(shared ? shared : "../shared", "/data/models/", name, "/");
  const auto bytes = ReadFile(folder + "model.onnx");
  if (!bytes) return std::nullopt;
  auto model = onnx::Load(*bytes);
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  if (!model.ok()) return std::nullopt;
  Loaded loaded{std::move(model->graph), {}, {}};
  for (size_t i = 0; i < loaded.graph.inputs.size(); ++i) {
    const auto file = ReadFile(StrCat(folder, "test_data_set_ort/input_", i, ".pb"));
    EXPECT_TRUE(file) << folder << i;
    if (!file) return std::nullopt;
    std::string named;
    MessageReader in(*file, "value");
    while (in.Next()) {
      if (in.field() == 8 && in.wire_type() == WireType::kBytes) named = in.String();
    }
    size_t at = i;
    for (size_t j = 0; j < loaded.graph.inputs.size(); ++j) {
      if (loaded.graph.values[static_cast<size_t>(loaded.graph.inputs[j])].name == named) at = j;
    }
    const graph::ValueInfo& info = loaded.graph.values[static_cast<size_t>(loaded.graph.inputs[at])];
    loaded.names.push_back(info.name);
    auto value = onnx::ParseValue(*file, info.type);
    EXPECT_TRUE(value.ok()) << value.status().ToString();
    if (!value.ok()) return std::nullopt;
    loaded.values.push_back(std::move(*value));
  }
  return loaded;
}

Tensor Ramp(const Shape& shape, float from) {
  std::vector<float> values;
  for (int64_t i = 0; i < shape.element_count(); ++i) values.push_back(from * static_cast<float>(i % 97 + 1));
  return Tensor::FromValues<float>(shape, values).value();
}

size_t CountRegions(const Graph& graph) {
  size_t regions = 0;
  for (const graph::Node& node : graph.nodes) {
    if (backends::IsRegion(node)) {
      ++regions;
      continue;
    }
    for (const Graph* subgraph : node.Subgraphs()) regions += CountRegions(*subgraph);
  }
  return regions;
}

std::string DescribeNodes(const Graph& graph) {
  std::string out;
  for (const graph::Node& node : graph.nodes) {
    out += StrCat(out.empty() ? "" : " ", node.op_type);
    for (const Graph* subgraph : node.Subgraphs()) out += StrCat("(", DescribeNodes(*subgraph), ")");
  }
  return out;
}

bool SameBits(const Value& a, const Value& b) {
  if (!a.is_tensor() || !b.is_tensor()) return false;
  return a.ToString() == b.ToString() && a.tensor().byte_size() > 0 &&
         std::memcmp(a.tensor().bytes(), b.tensor().bytes(), a.tensor().byte_size()) == 0;
}

void ExpectSameBits(const Value& got, const Value& want) {
  EXPECT_TRUE(SameBits(got, want)) << got.ToString() << ", expected the bits of " << want.ToString();
}

}  // namespace onedge::testing

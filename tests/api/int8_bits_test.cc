// Models of 8-bit products give the same bits on every host and processor: the digests of their outputs are stored
// here, and the builds for x86-64, aarch64 and WebAssembly run this test.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "api/model.h"

namespace onedge::api {
namespace {

struct Example {
  const char* file;
  int64_t batch;
  int64_t tokens;
  uint64_t digest;
};

std::shared_ptr<const Model> Load(const char* path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  const auto loader = ModelLoader::Create();
  EXPECT_TRUE(loader->Feed({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()}).ok());
  return loader->Finish().value();
}

// Token ids below 1000, or floats in [-1, 1) of 24 bits; masks are 1.
Tensor InputOf(const ValueInfo& info, const Example& example) {
  Shape shape;
  for (const Dim& dim : *info.dims) {
    shape.push_back(dim.size >= 0 ? dim.size : shape.rank() == 0 ? example.batch : example.tokens);
  }
  const size_t count = static_cast<size_t>(shape.element_count());
  uint32_t seed = 1;
  const auto next = [&] { return (seed = seed * 1664525 + 1013904223) >> 8; };
  if (info.dtype == DType::kInt64) {
    std::vector<int64_t> values(count, 1);
    for (int64_t& value : values) value = info.name == "attention_mask" ? 1 : next() % 1000;
    return Tensor::FromValues<int64_t>(shape, values).value();
  }
  std::vector<float> values(count);
  for (float& value : values) value = static_cast<float>(next()) / (1 << 23) - 1.0f;
  return Tensor::FromValues<float>(shape, values).value();
}

// FNV-1a
uint64_t DigestOf(const Tensor& tensor) {
  uint64_t digest = 14695981039346656037u;
  for (size_t i = 0; i < tensor.byte_size(); ++i) digest = (digest ^ tensor.bytes()[i]) * 1099511628211u;
  return digest;
}

class Int8Bits : public ::testing::TestWithParam<Example> {};

TEST_P(Int8Bits, AreTheSameOnEveryProcessor) {
  const Example& example = GetParam();
  if (!std::filesystem::exists(example.file)) GTEST_SKIP() << "the file " << example.file << " does not exist";
  const auto model = Load(example.file);
  const auto session = model->CreateSession().value();
  std::vector<NamedValue> inputs;
  for (const ValueInfo& info : model->inputs()) inputs.push_back({info.name, InputOf(info, example)});
  const auto outputs = session->Run(inputs);
  ASSERT_TRUE(outputs.ok()) << outputs.status().ToString();
  EXPECT_EQ(DigestOf((*outputs)[0].tensor()), example.digest);
}

INSTANTIATE_TEST_SUITE_P(Models, Int8Bits,
                         ::testing::Values(Example{"models/langid/langid-int8.onedge", 3, 37, 17480330322903649298u},
                                           Example{"../shared/data/models/zoo-mnist-12-int8/model.onnx", 1, 1,
                                                   4672095441862941765u},
                                           Example{"../shared/data/models/zoo-mobilenetv2-12-int8/model.onnx", 1, 1,
                                                   17942417984780187393u}));

}  // namespace
}  // namespace onedge::api

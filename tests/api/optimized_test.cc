// A model's report on its optimization, and a model that is not optimized.
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "api/model.h"

namespace onedge::api {
namespace {

std::shared_ptr<const Model> LoadDigits(const LoadOptions& options) {
  std::ifstream file("models/digits/digits.onedge", std::ios::binary);
  const std::vector<uint8_t> bytes{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  EXPECT_FALSE(bytes.empty()) << "models/digits/digits.onedge: run from the repository's root";
  const auto loader = ModelLoader::Create(options);
  EXPECT_TRUE(loader->Feed(bytes).ok());
  auto model = loader->Finish();
  EXPECT_TRUE(model.ok()) << model.status().ToString();
  return model.ok() ? *model : nullptr;
}

size_t Nodes(const std::vector<std::pair<std::string, size_t>>& operators) {
  size_t count = 0;
  for (const auto& [name, nodes] : operators) count += nodes;
  return count;
}

TEST(Model, TellsWhatOptimizationLeaves) {
  const auto optimized = LoadDigits({});
  const auto plain = LoadDigits({.optimize = false});
  ASSERT_TRUE(optimized && plain);
  EXPECT_EQ(plain->optimized_operators(), plain->operators());
  EXPECT_LT(Nodes(optimized->optimized_operators()), Nodes(plain->operators()));
  EXPECT_EQ(optimized->DescribeJson().find("optimizedOperators"), std::string::npos);
  EXPECT_NE(optimized->DescribeJson(true).find("\"optimizedOperators\":{"), std::string::npos);
  EXPECT_TRUE(optimized->misses().empty()) << "not asked for";
}

}  // namespace
}  // namespace onedge::api

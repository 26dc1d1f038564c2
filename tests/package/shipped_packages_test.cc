// The shipped packages: written by models/onedge_package.py with Python's own ZIP and SHA-256, and read here.
#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>

#include "package/reader.h"

namespace onedge::package {
namespace {

namespace fs = std::filesystem;

struct Counter : Reader::Sink {
  Status OnManifest(const Manifest& given) override {
    manifest = given;
    return OkStatus();
  }
  Status OnPartBegin(const Part& part, uint64_t) override {
    names.push_back(part.name);
    return OkStatus();
  }
  Status OnPartBytes(std::span<const uint8_t> piece) override {
    bytes += piece.size();
    return OkStatus();
  }
  Status OnPartEnd() override { return OkStatus(); }
  Manifest manifest;
  std::vector<std::string> names;
  uint64_t bytes = 0;
};

TEST(ShippedPackages, AreReadAndVerified) {
  size_t packages = 0;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator("models")) {
    if (entry.path().extension() != ".onedge") continue;
    SCOPED_TRACE(entry.path().string());
    std::FILE* file = std::fopen(entry.path().string().c_str(), "rb");
    ASSERT_TRUE(file);
    Counter sink;
    Reader reader(&sink);
    Status status;
    uint8_t block[10000];
    for (size_t got; status.ok() && (got = std::fread(block, 1, sizeof block, file)) > 0;)
      status = reader.Feed({block, got});
    std::fclose(file);
    if (status.ok()) status = reader.Finish();
    ASSERT_TRUE(status.ok()) << status.ToString();
    EXPECT_EQ(sink.names.size(), sink.manifest.parts.size());
    EXPECT_GT(sink.bytes, 0u);
    EXPECT_FALSE(sink.manifest.task.empty());
    EXPECT_EQ(reader.digest().size(), 64u);
    ++packages;
  }
  EXPECT_GT(packages, 0u);
}

}  // namespace
}  // namespace onedge::package

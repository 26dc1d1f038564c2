// LoadOptions::device: devices that this build lacks are refused by name, before anything is loaded.
#include <gtest/gtest.h>

#include "api/model.h"

namespace onedge::api {
namespace {

std::string FeedError(const std::string& device) {
  const auto loader = ModelLoader::Create({.device = device, .digest = false});
  const uint8_t byte = 8;
  return loader->Feed({&byte, 1}).ToString();
}

TEST(Device, OneThatThisBuildLacksIsRefused) {
  EXPECT_NE(FeedError("cuda").find("device 'cuda': this build has no CUDA backend; use cpu or auto"), std::string::npos)
      << FeedError("cuda");
}

TEST(Device, AnUnknownOneIsRefusedByName) {
  EXPECT_NE(FeedError("tpu").find("device 'tpu': expected cpu, cuda or auto"), std::string::npos) << FeedError("tpu");
}

TEST(Device, CpuAndAutoAreThere) {
  for (const char* device : {"cpu", "auto"}) {
    const auto loader = ModelLoader::Create({.device = device, .digest = false});
    const uint8_t byte = 8;
    EXPECT_TRUE(loader->Feed({&byte, 1}).ok()) << device;
  }
}

}  // namespace
}  // namespace onedge::api

#include "contract/base64.h"

#include <gtest/gtest.h>

namespace onedge::contract {
namespace {

// RFC 4648, section 10.
const std::pair<const char*, const char*> kVectors[] = {{"", ""},
                                                        {"f", "Zg=="},
                                                        {"fo", "Zm8="},
                                                        {"foo", "Zm9v"},
                                                        {"foob", "Zm9vYg=="},
                                                        {"fooba", "Zm9vYmE="},
                                                        {"foobar", "Zm9vYmFy"}};

TEST(Base64, ThereAndBack) {
  for (const auto& [text, encoded] : kVectors) {
    const std::string_view view = text;
    EXPECT_EQ(EncodeBase64({reinterpret_cast<const uint8_t*>(view.data()), view.size()}), encoded);
    std::vector<uint8_t> bytes;
    ASSERT_TRUE(DecodeBase64(encoded, bytes)) << encoded;
    EXPECT_EQ(std::string(bytes.begin(), bytes.end()), text);
  }
  const uint8_t high[] = {0xff, 0xef, 0xbe};
  EXPECT_EQ(EncodeBase64(high), "/+++");
}

TEST(Base64, PaddingMayBeLeftOutAndSpacesArePassedOver) {
  std::vector<uint8_t> bytes;
  EXPECT_TRUE(DecodeBase64("Zm9\nvYg", bytes));
  EXPECT_EQ(std::string(bytes.begin(), bytes.end()), "foob");
}

TEST(Base64, OtherTextIsRefused) {
  std::vector<uint8_t> bytes;
  for (const char* text : {"Z", "Zg=", "Zg===", "Zg==Zg==", "Zm9-", "====", "Zm9vY"}) {
    EXPECT_FALSE(DecodeBase64(text, bytes)) << text;
  }
}

}  // namespace
}  // namespace onedge::contract

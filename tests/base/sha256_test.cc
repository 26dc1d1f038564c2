// Expected digests: FIPS 180-4's examples and NIST's long message of a million letters a.
#include "base/sha256.h"

#include <gtest/gtest.h>

namespace onedge {
namespace {

std::string DigestOf(std::string_view text, size_t piece) {
  Sha256 sha;
  for (size_t i = 0; i < text.size(); i += piece) {
    const std::string_view part = text.substr(i, piece);
    sha.Update({reinterpret_cast<const uint8_t*>(part.data()), part.size()});
  }
  return ToHex(sha.Finish());
}

TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(DigestOf("", 1), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(DigestOf("abc", 64), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(DigestOf("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 64),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(DigestOf(std::string(1'000'000, 'a'), 4096),
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, DoesNotDependOnThePieces) {
  std::string text;
  for (int i = 0; i < 300; ++i) text.push_back(static_cast<char>(i * 7));
  const std::string whole = DigestOf(text, text.size());
  for (size_t piece : {1, 3, 55, 56, 63, 64, 65, 127}) EXPECT_EQ(DigestOf(text, piece), whole) << piece;
  for (size_t length = 0; length < 130; ++length) {
    EXPECT_EQ(DigestOf(text.substr(0, length), 1), DigestOf(text.substr(0, length), 64)) << length;
  }
}

}  // namespace
}  // namespace onedge

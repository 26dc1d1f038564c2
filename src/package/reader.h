// Reader: reads a .onedge package as a stream. It passes the parts on as they arrive and checks them against the
// manifest: size, CRC-32, SHA-256. It reads forward only and does not need the central directory. Not thread-safe.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/sha256.h"
#include "base/status.h"
#include "package/host_hash.h"
#include "package/manifest.h"

namespace onedge::package {

class Reader {
 public:
  class Sink {
   public:
    virtual ~Sink() = default;
    // Called once, before everything else.
    virtual Status OnManifest(const Manifest& manifest) = 0;
    // Called for each part in the order of the file. `offset` is the start of its bytes in the package, a multiple of
    // 64.
    virtual Status OnPartBegin(const Part& part, uint64_t offset) = 0;
    // `bytes` points into the fed bytes. A package that is fed in one piece gives each part in one piece.
    virtual Status OnPartBytes(std::span<const uint8_t> bytes) = 0;
    // All bytes of the part have arrived and match the manifest.
    virtual Status OnPartEnd() = 0;
  };

  // With a `hash`, the host checks the SHA-256 of the parts. Both must outlive the reader.
  explicit Reader(Sink* sink, HostHash* hash = nullptr) : sink_(sink), hash_(hash) {}

  // The next bytes of the package, in pieces of any size. Errors name the part and the offset; the first error stays.
  Status Feed(std::span<const uint8_t> bytes);
  // Fails if the package is cut off or lacks a part.
  Status Finish();

  // The SHA-256 of manifest.json, which holds the digests of all other parts. It identifies the package. Empty until
  // the manifest has been read.
  const std::string& digest() const { return digest_; }

 private:
  enum class State : uint8_t {
    kSignature,
    kLocal,
    kNameAndExtra,
    kData,
    kCentral,
    kEnd64,
    kLocator64,
    kEnd,
    kSkip,
    kDone
  };

  Status Step(std::span<const uint8_t>& bytes);
  Status TakeSignature();
  Status TakeLocalHeader();
  Status TakeNameAndExtra();
  Status TakeData(std::span<const uint8_t>& bytes);
  Status EndPart();
  Status CheckDigest();
  // Waits for `size` bytes of a header.
  void Expect(State state, size_t size);
  template <typename... Why>
  Status Bad(const Why&... why) const;

  Sink* sink_;
  HostHash* hash_;
  Status status_;
  State state_ = State::kSignature;
  uint64_t offset_ = 0;  // of the next byte
  std::string header_;   // the header being collected
  size_t wanted_ = 4;    // its length
  uint64_t skip_ = 0;    // bytes of the central directory to skip
  State after_skip_ = State::kSignature;
  bool in_directory_ = false;

  std::string name_;  // of the entry being read
  uint64_t size_ = 0;
  uint64_t left_ = 0;
  uint32_t expected_crc_ = 0;
  uint32_t crc_ = 0;
  bool needs_zip64_ = false;
  size_t name_length_ = 0;
  Sha256 sha_;
  std::string manifest_json_;
  std::optional<Manifest> manifest_;
  std::string digest_;
  const Part* part_ = nullptr;
  std::set<std::string, std::less<>> seen_;
};

}  // namespace onedge::package

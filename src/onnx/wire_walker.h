// WireWalker: reads the protobuf wire format as a stream. Bytes arrive in pieces of any size. For each length-delimited
// field a handler chooses to enter it, collect it, receive it in pieces or drop it. Holds at most the one field that is
// being collected. Not thread-safe.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "base/status.h"
#include "onnx/growing_buffer.h"
#include "text/wire.h"

namespace onedge::onnx {

class WireWalker {
 public:
  enum class Action : uint8_t {
    kSkip,     // drop the bytes
    kCollect,  // OnWhole, once, with all of them
    kStream,   // OnPiece, as they arrive, then OnStreamEnd
    kEnter,    // a message: its fields follow, then OnMessageEnd
  };
  class Handler {
   public:
    virtual ~Handler() = default;
    virtual Result<Action> OnBegin(uint32_t field, uint64_t size) = 0;
    // A varint, or the little-endian bits of a 32- or 64-bit field.
    virtual Status OnScalar(uint32_t field, WireType type, uint64_t value) = 0;
    virtual Status OnWhole(uint32_t field, std::span<const uint8_t> bytes) = 0;
    virtual Status OnPiece(std::span<const uint8_t> bytes) = 0;
    virtual Status OnStreamEnd() = 0;
    virtual Status OnMessageEnd() = 0;
  };

  // `total_bytes`: the length of the outermost message, or UINT64_MAX if unknown. A known length lets each claimed
  // length be checked at once. `budget` pays for collected fields; may be null.
  WireWalker(Handler* handler, MemoryBudget* budget, uint64_t total_bytes);

  // After the first broken byte every call fails.
  Status Feed(std::span<const uint8_t> bytes);
  // Fails if the last field or message is incomplete.
  Status Finish() const;
  uint64_t offset() const { return offset_; }

 private:
  enum class State : uint8_t { kTag, kVarint, kLength, kFixed, kPayload };

  Status Step(std::span<const uint8_t>& bytes);
  // Adds bytes to number_; true once it is complete.
  Result<bool> TakeVarint(std::span<const uint8_t>& bytes);
  Status BeginPayload();
  Status TakePayload(std::span<const uint8_t>& bytes);
  Status CloseMessages();
  uint64_t left_in_message() const { return ends_.back() - offset_; }

  Handler* handler_;
  MemoryBudget* budget_;
  const bool total_known_;
  uint64_t offset_ = 0;
  std::vector<uint64_t> ends_;  // ends of the open messages, outermost first
  State state_ = State::kTag;
  uint64_t number_ = 0;  // the varint or fixed value being read
  unsigned number_bits_ = 0;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t payload_left_ = 0;
  Action action_ = Action::kSkip;
  GrowingBuffer collected_;
};

}  // namespace onedge::onnx

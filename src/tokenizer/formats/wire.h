// The protobuf wire format as far as a sentencepiece model has it, one message at a time. Reads bytes that outlive it;
// whatever they are, it reads none beyond their end. Format: https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace onedge::tokenizer {

class WireMessage {
 public:
  explicit WireMessage(std::string_view bytes) : rest_(bytes) {}

  // Steps to the next field. False at the end, and where the bytes are no field: ok() is false then, and stays so.
  bool Next();
  bool ok() const { return ok_; }
  size_t left() const { return rest_.size(); }

  uint32_t field() const { return field_; }
  // The field's value; 0 or empty, and ok() false, where it is of another wire type.
  uint64_t Varint() { return Is(kVarint) ? number_ : 0; }
  float Float();
  std::string_view Bytes() { return Is(kBytes) ? bytes_ : std::string_view(); }

 private:
  enum WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

  bool Is(WireType type) { return ok_ &= type_ == type; }
  bool ReadVarint(uint64_t& value);

  std::string_view rest_;
  std::string_view bytes_;
  uint64_t number_ = 0;
  uint32_t field_ = 0;
  uint8_t type_ = kVarint;
  bool ok_ = true;
};

}  // namespace onedge::tokenizer

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

  enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };
  uint32_t field() const { return field_; }
  WireType type() const { return type_; }
  // Of a varint or a fixed-width field, and of a length-delimited one.
  uint64_t number() const { return number_; }
  std::string_view bytes() const { return bytes_; }

 private:
  bool ReadVarint(uint64_t& value);

  std::string_view rest_;
  std::string_view bytes_;
  uint64_t number_ = 0;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  bool ok_ = true;
};

// A message without repeated fields: the last value of each of its first fields, and the values given here where
// there is none. As in protobuf, a field of another wire type than expected counts as one that is not known.
struct WireFields {
  static constexpr size_t kCount = 44;
  uint64_t numbers[kCount] = {};  // of varints
  float score = 0;                // field 2, of 32 bits
  std::string_view bytes[3];

  // False where `message` is malformed. What was there before stays unless it comes again.
  bool Read(std::string_view message);
};

}  // namespace onedge::tokenizer

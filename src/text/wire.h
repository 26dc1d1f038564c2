// The protobuf wire format, read by hand: tags, varints, fixed and length-delimited fields of one message in memory
// (ONNX, sentencepiece). Format: https://protobuf.dev/programming-guides/encoding. Not thread-safe; the bytes must
// outlive the reader.
// Two other readers exist: onnx/wire_walker.h reads a file in pieces of any size, which needs more than a cursor over
// memory; protobuf-lite makes message objects of the small rest of a model (onnx/proto.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

// "varint", "length-delimited" and so on; "group" and "reserved" for the refused types.
std::string_view WireTypeName(unsigned wire_type);

// Splits a tag. Fails on field number 0, on numbers beyond 2^29 - 1, on groups and on reserved wire types.
Status CheckTag(uint64_t tag);

// Walks the fields of one message. Errors stick: afterwards the accessors return empty values, Next() returns false,
// and status() holds the error. An accessor fails if the field has a wire type that it does not read.
class MessageReader {
 public:
  // `what`: the message's name, for errors. It must outlive the reader.
  MessageReader(std::span<const uint8_t> bytes, std::string_view what) : bytes_(bytes), what_(what) {}

  // Steps to the next field; false at the end and after an error.
  bool Next();
  uint32_t field() const { return field_; }
  WireType wire_type() const { return type_; }
  size_t position() const { return position_; }  // in bytes, after the last field read

  int64_t Int();
  uint64_t Uint();
  float Float();
  double Double();
  std::string String();
  std::span<const uint8_t> Bytes();
  // A repeated scalar field: appends the one value, or all of a packed run.
  void Ints(std::vector<int64_t>& out);
  void Floats(std::vector<float>& out);

  // Records the error of a part; the first one stays.
  void Fail(Status status);
  const Status& status() const { return status_; }

 private:
  bool Expect(WireType type);
  bool ReadVarint(uint64_t& value);

  std::span<const uint8_t> bytes_;
  std::string_view what_;
  size_t position_ = 0;
  uint32_t field_ = 0;
  WireType type_ = WireType::kVarint;
  uint64_t scalar_ = 0;
  std::span<const uint8_t> payload_;
  Status status_;
};

// Decodes one varint at the start of `bytes` and returns its length; 0 if it is cut off or longer than 64 bits.
size_t DecodeVarint(std::span<const uint8_t> bytes, uint64_t& value);

// Appends to a message that is being written.
void AppendVarint(std::string& out, uint64_t value);
void AppendTag(std::string& out, uint32_t field, WireType type);
void AppendInt(std::string& out, uint32_t field, int64_t value);
void AppendBytes(std::string& out, uint32_t field, std::string_view bytes);

inline std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}
inline std::span<const uint8_t> AsBytes(std::string_view text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

}  // namespace onedge

#include "tokenizer/formats/wire.h"

#include <bit>
#include <cstring>

namespace onedge::tokenizer {

static_assert(std::endian::native == std::endian::little, "fixed fields are copied as they are");

bool WireMessage::ReadVarint(uint64_t& value) {
  value = 0;
  for (int shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
    const uint8_t byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    value |= uint64_t{byte & 0x7Fu} << shift;
    if (byte < 0x80) return true;
  }
  return ok_ = false;
}

bool WireMessage::Next() {
  uint64_t tag;
  if (!ok_ || rest_.empty() || !ReadVarint(tag)) return false;
  field_ = static_cast<uint32_t>(tag >> 3);
  type_ = static_cast<WireType>(tag & 7);
  if (field_ == 0 || tag >> 32 != 0) return ok_ = false;
  number_ = 0;
  if (type_ == WireType::kVarint) return ReadVarint(number_);
  uint64_t length = type_ == WireType::kFixed64 ? 8 : 4;
  if (type_ == WireType::kBytes && !ReadVarint(length)) return false;
  if (length > rest_.size()) return ok_ = false;
  bytes_ = rest_.substr(0, static_cast<size_t>(length));
  rest_.remove_prefix(static_cast<size_t>(length));
  if (type_ == WireType::kBytes) return true;
  std::memcpy(&number_, bytes_.data(), bytes_.size());
  return ok_ = type_ == WireType::kFixed64 || type_ == WireType::kFixed32;
}

bool WireFields::Read(std::string_view bytes_of_message) {
  WireMessage message(bytes_of_message);
  while (message.Next()) {
    const uint32_t field = message.field();
    if (field >= kCount) continue;
    if (message.type() == WireMessage::WireType::kVarint) numbers[field] = message.number();
    if (message.type() == WireMessage::WireType::kBytes && field < 3) bytes[field] = message.bytes();
    if (message.type() == WireMessage::WireType::kFixed32 && field == 2)
      score = std::bit_cast<float>(static_cast<uint32_t>(message.number()));
  }
  return message.ok();
}

}  // namespace onedge::tokenizer

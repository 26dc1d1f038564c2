#include "tokenizer/formats/wire.h"

#include <cstring>

namespace onedge::tokenizer {

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
  type_ = tag & 7;
  if (field_ == 0 || tag >> 32 != 0) return ok_ = false;
  if (type_ == kVarint) return ReadVarint(number_);
  uint64_t length = type_ == kFixed64 ? 8 : 4;
  if (type_ == kBytes && !ReadVarint(length)) return false;
  if ((type_ != kBytes && type_ != kFixed64 && type_ != kFixed32) || length > rest_.size()) return ok_ = false;
  bytes_ = rest_.substr(0, static_cast<size_t>(length));
  rest_.remove_prefix(static_cast<size_t>(length));
  return true;
}

float WireMessage::Float() {
  float value = 0;
  if (Is(kFixed32)) std::memcpy(&value, bytes_.data(), sizeof value);
  return value;
}

}  // namespace onedge::tokenizer

#include "text/wire.h"

#include <bit>
#include <cstring>

namespace onedge {
namespace {

static_assert(std::endian::native == std::endian::little, "fixed fields and raw_data are copied as they are");

template <typename T>
T LoadAs(const uint8_t* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

}  // namespace

std::string_view WireTypeName(unsigned wire_type) {
  switch (wire_type) {
    case 0:
      return "varint";
    case 1:
      return "64-bit";
    case 2:
      return "length-delimited";
    case 3:
      return "group start";
    case 4:
      return "group end";
    case 5:
      return "32-bit";
    default:
      return "reserved";
  }
}

Status CheckTag(uint64_t tag) {
  const uint64_t number = tag >> 3;
  const unsigned type = tag & 7;
  if (number == 0 || number >= uint64_t{1} << 29) return CorruptFile("field number ", number, " does not exist");
  if (type == 3 || type == 4 || type > 5) {
    return CorruptFile("field ", number, " has wire type ", type, " (", WireTypeName(type),
                       "), which is not supported");
  }
  return OkStatus();
}

size_t DecodeVarint(std::span<const uint8_t> bytes, uint64_t& value) {
  uint64_t decoded = 0;
  for (size_t i = 0; i < bytes.size() && i < 10; ++i) {
    if (i == 9 && bytes[i] > 1) return 0;
    decoded |= static_cast<uint64_t>(bytes[i] & 0x7f) << (7 * i);
    if (bytes[i] < 0x80) {
      value = decoded;
      return i + 1;
    }
  }
  return 0;
}

bool MessageReader::ReadVarint(uint64_t& value) {
  const size_t taken = DecodeVarint(bytes_.subspan(position_), value);
  if (taken == 0) {
    Fail(CorruptFile("a number is cut off or longer than 64 bits"));
    return false;
  }
  position_ += taken;
  return true;
}

bool MessageReader::Next() {
  if (!status_.ok() || position_ == bytes_.size()) return false;
  uint64_t tag;
  if (!ReadVarint(tag)) return false;
  if (Status checked = CheckTag(tag); !checked.ok()) {
    Fail(std::move(checked));
    return false;
  }
  field_ = static_cast<uint32_t>(tag >> 3);
  type_ = static_cast<WireType>(tag & 7);
  payload_ = {};
  scalar_ = 0;
  if (type_ == WireType::kVarint) return ReadVarint(scalar_);
  uint64_t length = type_ == WireType::kFixed64 ? 8 : 4;
  if (type_ == WireType::kBytes && !ReadVarint(length)) return false;
  if (length > bytes_.size() - position_) {
    Fail(CorruptFile("field ", field_, " claims ", length, " bytes where ", bytes_.size() - position_, " are left"));
    return false;
  }
  payload_ = bytes_.subspan(position_, static_cast<size_t>(length));
  position_ += static_cast<size_t>(length);
  return true;
}

bool MessageReader::Expect(WireType type) {
  if (!status_.ok()) return false;
  if (type_ == type) return true;
  Fail(CorruptFile("field ", field_, " has wire type ", WireTypeName(static_cast<unsigned>(type_)), ", expected ",
                   WireTypeName(static_cast<unsigned>(type))));
  return false;
}

uint64_t MessageReader::Uint() { return Expect(WireType::kVarint) ? scalar_ : 0; }
int64_t MessageReader::Int() { return static_cast<int64_t>(Uint()); }
float MessageReader::Float() { return Expect(WireType::kFixed32) ? LoadAs<float>(payload_.data()) : 0; }
double MessageReader::Double() { return Expect(WireType::kFixed64) ? LoadAs<double>(payload_.data()) : 0; }
std::string MessageReader::String() { return std::string(AsText(Bytes())); }
std::span<const uint8_t> MessageReader::Bytes() {
  return Expect(WireType::kBytes) ? payload_ : std::span<const uint8_t>();
}

void MessageReader::Ints(std::vector<int64_t>& out) {
  if (type_ != WireType::kBytes) {
    const int64_t value = Int();
    if (status_.ok()) out.push_back(value);
    return;
  }
  for (std::span<const uint8_t> rest = payload_; !rest.empty();) {
    uint64_t value;
    const size_t taken = DecodeVarint(rest, value);
    if (taken == 0) return Fail(CorruptFile("field ", field_, ": a packed number is cut off or longer than 64 bits"));
    out.push_back(static_cast<int64_t>(value));
    rest = rest.subspan(taken);
  }
}

void MessageReader::Floats(std::vector<float>& out) {
  if (type_ != WireType::kBytes) {
    const float value = Float();
    if (status_.ok()) out.push_back(value);
    return;
  }
  if (payload_.size() % 4 != 0) {
    return Fail(
        CorruptFile("field ", field_, ": expected a multiple of 4 bytes of packed floats, got ", payload_.size()));
  }
  for (size_t i = 0; i < payload_.size(); i += 4) out.push_back(LoadAs<float>(payload_.data() + i));
}

void MessageReader::Fail(Status status) {
  if (!status_.ok() || status.ok()) return;
  status_ = std::move(status).WithContext(what_);
}

void AppendVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) out.push_back(static_cast<char>(value | 0x80));
  out.push_back(static_cast<char>(value));
}

void AppendTag(std::string& out, uint32_t field, WireType type) {
  AppendVarint(out, uint64_t{field} << 3 | static_cast<uint64_t>(type));
}

void AppendInt(std::string& out, uint32_t field, int64_t value) {
  AppendTag(out, field, WireType::kVarint);
  AppendVarint(out, static_cast<uint64_t>(value));
}

void AppendBytes(std::string& out, uint32_t field, std::string_view bytes) {
  AppendTag(out, field, WireType::kBytes);
  AppendVarint(out, bytes.size());
  out.append(bytes);
}

}  // namespace onedge

#include "onnx/tensor_decoder.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/checked_math.h"

namespace onedge::onnx {
namespace {

// Field numbers of TensorProto.
enum : uint32_t {
  kDims = 1,
  kDataType = 2,
  kSegment = 3,
  kFloatData = 4,
  kInt32Data = 5,
  kStringData = 6,
  kInt64Data = 7,
  kName = 8,
  kRawData = 9,
  kDoubleData = 10,
  kUint64Data = 11,
  kExternalData = 13,
  kDataLocation = 14,
};

std::string_view FieldName(uint32_t field) {
  switch (field) {
    case kFloatData:
      return "float_data";
    case kInt32Data:
      return "int32_data";
    case kStringData:
      return "string_data";
    case kInt64Data:
      return "int64_data";
    case kRawData:
      return "raw_data";
    case kDoubleData:
      return "double_data";
    case kUint64Data:
      return "uint64_data";
    default:
      return "no data field";
  }
}

// The typed array that ONNX uses for elements of this type.
uint32_t TypedFieldOf(DType dtype) {
  switch (dtype) {
    case DType::kFloat32:
    case DType::kComplex64:
      return kFloatData;
    case DType::kFloat64:
    case DType::kComplex128:
      return kDoubleData;
    case DType::kInt64:
      return kInt64Data;
    case DType::kUint32:
    case DType::kUint64:
      return kUint64Data;
    case DType::kString:
      return kStringData;
    default:
      return kInt32Data;
  }
}

bool IsTyped(uint32_t field) {
  return field == kFloatData || field == kInt32Data || field == kInt64Data || field == kDoubleData ||
         field == kUint64Data;
}

// Bits that one entry of a typed array becomes: a byte for packed types, whose entries hold several elements.
unsigned EntryBits(uint32_t field, DType dtype) {
  switch (field) {
    case kFloatData:
      return 32;
    case kDoubleData:
    case kInt64Data:
      return 64;
    default:
      return static_cast<unsigned>(std::max<size_t>(DTypeBits(dtype), 8));
  }
}

std::optional<DType> KnownType(int32_t data_type) { return DTypeFromOnnx(data_type); }

}  // namespace

Result<std::optional<bool>> TensorDecoder::Begin(uint32_t field, uint64_t size) {
  switch (field) {
    case kName:
    case kExternalData:
      return std::optional<bool>(false);
    case kDims:
      if (size > 10 * kMaxRank) return Describe(CorruptFile("more than ", kMaxRank, " dims"));
      return std::optional<bool>(false);
    case kStringData: {
      if (Status claimed = Claim(field); !claimed.ok()) return claimed;
      return std::optional<bool>(false);
    }
    case kDataType:
    case kDataLocation:
      return Describe(CorruptFile("field ", field, " has wire type length-delimited, expected varint"));
    case kSegment:
      return Describe(Unsupported("a tensor in segments; save the model with whole tensors"));
    case kRawData:
    case kFloatData:
    case kInt32Data:
    case kInt64Data:
    case kDoubleData:
    case kUint64Data:
      break;
    default:
      return std::optional<bool>();
  }
  if (field == kRawData && raw_seen_) return Describe(CorruptFile("raw_data comes twice"));
  raw_seen_ |= field == kRawData;
  if (Status claimed = Claim(field); !claimed.ok()) return claimed;
  if (IsTyped(field) && data_type_ == 0) {
    early_.emplace_back(field, std::string());
  } else {
    Reserve(field, size);
  }
  stream_field_ = field;
  return std::optional<bool>(true);
}

Status TensorDecoder::Claim(uint32_t field) {
  if (data_field_ != 0 && data_field_ != field) {
    return Describe(CorruptFile("elements in both ", FieldName(data_field_), " and ", FieldName(field)));
  }
  data_field_ = field;
  return OkStatus();
}

void TensorDecoder::Reserve(uint32_t field, uint64_t size) {
  if (started_) return;
  started_ = true;
  uint64_t expected = size;
  if (IsTyped(field)) {
    // Each entry takes at least one byte of the file.
    const uint64_t most = size > UINT64_MAX / 8 ? size : size * 8;
    expected = std::min(ExpectedBytes().value_or(most), most);
  }
  elements_.Reset(budget_, expected, trusted_);
}

std::optional<uint64_t> TensorDecoder::ExpectedBytes() const {
  const auto dtype = KnownType(data_type_);
  if (!dtype) return std::nullopt;
  uint64_t count = 1;
  for (int64_t dim : dims_) {
    if (dim < 0) return std::nullopt;
    const auto product = CheckedMultiply<uint64_t>(count, static_cast<uint64_t>(dim));
    if (!product) return std::nullopt;
    count = *product;
  }
  if (DTypeBits(*dtype) < 8) return count / 8 * DTypeBits(*dtype) + (count % 8 * DTypeBits(*dtype) + 7) / 8;
  return CheckedMultiply<uint64_t>(count, DTypeBits(*dtype) / 8);
}

Status TensorDecoder::Scalar(uint32_t field, WireType type, uint64_t value) {
  const bool varint_field = field == kDims || field == kDataType || field == kDataLocation || field == kInt32Data ||
                            field == kInt64Data || field == kUint64Data;
  const WireType expected = varint_field           ? WireType::kVarint
                            : field == kFloatData  ? WireType::kFixed32
                            : field == kDoubleData ? WireType::kFixed64
                            : field == kStringData || field == kName || field == kRawData || field == kExternalData
                                ? WireType::kBytes
                                : type;
  if (type != expected) {
    return Describe(CorruptFile("field ", field, " has wire type ", WireTypeName(static_cast<unsigned>(type)),
                                ", expected ", WireTypeName(static_cast<unsigned>(expected))));
  }
  if (!IsTyped(field)) return SetScalar(field, static_cast<int64_t>(value));
  ONEDGE_RETURN_IF_ERROR(Claim(field));
  if (data_type_ == 0) {
    std::string& held = early_.emplace_back(field, std::string()).second;
    if (type == WireType::kVarint) {
      AppendVarint(held, value);
    } else {
      held.assign(reinterpret_cast<const char*>(&value), type == WireType::kFixed32 ? 4 : 8);
    }
    return OkStatus();
  }
  ONEDGE_RETURN_IF_ERROR(CheckElementField(field));
  Reserve(field, 0);
  return AppendElement(value);
}

Status TensorDecoder::SetScalar(uint32_t field, int64_t value) {
  switch (field) {
    case kDims:
      if (value < 0) return Describe(CorruptFile("dim ", dims_.size(), " is negative: ", value));
      if (dims_.size() == kMaxRank) return Describe(CorruptFile("more than ", kMaxRank, " dims"));
      dims_.push_back(value);
      return OkStatus();
    case kDataType:
      if (!CheckedCast<int32_t>(value) || !KnownType(static_cast<int32_t>(value))) {
        return Describe(Unsupported("data type ", value, " is not one that ONNX defines"));
      }
      if (data_type_ != 0 && data_type_ != value)
        return Describe(CorruptFile("two data types: ", data_type_, " and ", value));
      data_type_ = static_cast<int32_t>(value);
      return OkStatus();
    case kDataLocation:
      if (value != 0 && value != 1) return Describe(CorruptFile("data_location ", value, " is neither 0 nor 1"));
      external_location_ = value == 1;
      return OkStatus();
    default:
      return OkStatus();
  }
}

Status TensorDecoder::Whole(uint32_t field, std::span<const uint8_t> bytes) {
  switch (field) {
    case kName:
      name_ = AsText(bytes);
      return OkStatus();
    case kStringData:
      strings_.emplace_back(AsText(bytes));
      return OkStatus();
    case kDims:
      while (!bytes.empty()) {
        uint64_t value;
        const size_t taken = DecodeVarint(bytes, value);
        if (taken == 0) return Describe(CorruptFile("a packed dim is cut off"));
        ONEDGE_RETURN_IF_ERROR(SetScalar(kDims, static_cast<int64_t>(value)));
        bytes = bytes.subspan(taken);
      }
      return OkStatus();
    case kExternalData: {
      std::string key, value;
      MessageReader in(bytes, "external_data");
      while (in.Next()) {
        if (in.field() == 1) key = in.String();
        if (in.field() == 2) value = in.String();
      }
      external_.emplace_back(std::move(key), std::move(value));
      return Describe(in.status());
    }
    default:
      return OkStatus();
  }
}

Status TensorDecoder::CheckElementField(uint32_t field) const {
  const DType dtype = static_cast<DType>(data_type_);
  if (TypedFieldOf(dtype) == field) return OkStatus();
  return Describe(CorruptFile(DTypeName(dtype), " elements in ", FieldName(field), ", expected them in ",
                              FieldName(TypedFieldOf(dtype)), " or raw_data"));
}

Status TensorDecoder::AppendElement(uint64_t bits) {
  const unsigned width = EntryBits(data_field_, static_cast<DType>(data_type_));
  if (width < 64 && data_field_ != kFloatData) {
    const int64_t value = static_cast<int64_t>(bits);
    if (value < -(int64_t{1} << (width - 1)) || value >= int64_t{1} << width) {
      return Describe(CorruptFile(value, " in ", FieldName(data_field_), " does not fit ",
                                  DTypeName(static_cast<DType>(data_type_))));
    }
  }
  return elements_.Append({reinterpret_cast<const uint8_t*>(&bits), width / 8});
}

Status TensorDecoder::Piece(std::span<const uint8_t> bytes) {
  if (!early_.empty() && stream_field_ != kRawData && data_type_ == 0) {
    early_.back().second.append(AsText(bytes));
    return OkStatus();
  }
  if (stream_field_ == kRawData) return Describe(elements_.Append(bytes));
  ONEDGE_RETURN_IF_ERROR(CheckElementField(stream_field_));
  return TypedPiece(bytes);
}

Status TensorDecoder::TypedPiece(std::span<const uint8_t> bytes) {
  // Packed floats are raw bytes.
  if (data_field_ == kFloatData || data_field_ == kDoubleData) return Describe(elements_.Append(bytes));
  const unsigned width = EntryBits(data_field_, static_cast<DType>(data_type_)) / 8;
  std::array<uint8_t, 4096> block;
  size_t filled = 0;
  for (uint8_t byte : bytes) {
    if (carry_bits_ == 63 && byte > 1) return Describe(CorruptFile("a number is longer than 64 bits"));
    carry_ |= static_cast<uint64_t>(byte & 0x7f) << carry_bits_;
    carry_bits_ += 7;
    if (byte >= 0x80) continue;
    const int64_t value = static_cast<int64_t>(carry_);
    if (width < 8 && (value < -(int64_t{1} << (8 * width - 1)) || value >= int64_t{1} << (8 * width))) {
      return AppendElement(carry_);  // reports the error
    }
    std::memcpy(block.data() + filled, &carry_, width);
    filled += width;
    carry_ = 0;
    carry_bits_ = 0;
    if (filled + 8 > block.size()) {
      ONEDGE_RETURN_IF_ERROR(Describe(elements_.Append({block.data(), filled})));
      filled = 0;
    }
  }
  return Describe(elements_.Append({block.data(), filled}));
}

Status TensorDecoder::StreamEnd() {
  if (carry_bits_ != 0) return Describe(CorruptFile("a number in ", FieldName(stream_field_), " is cut off"));
  stream_field_ = 0;
  return OkStatus();
}

Status TensorDecoder::Message(std::span<const uint8_t> bytes) {
  MessageReader in(bytes, "TensorProto");
  while (in.Next()) {
    if (in.wire_type() != WireType::kBytes) {
      const uint64_t value = in.wire_type() == WireType::kVarint    ? in.Uint()
                             : in.wire_type() == WireType::kFixed32 ? std::bit_cast<uint32_t>(in.Float())
                                                                    : std::bit_cast<uint64_t>(in.Double());
      ONEDGE_RETURN_IF_ERROR(Scalar(in.field(), in.wire_type(), value));
      continue;
    }
    const std::span<const uint8_t> payload = in.Bytes();
    ONEDGE_ASSIGN_OR_RETURN(const std::optional<bool> streamed, Begin(in.field(), payload.size()));
    if (!streamed) continue;
    if (*streamed) {
      ONEDGE_RETURN_IF_ERROR(Piece(payload));
      ONEDGE_RETURN_IF_ERROR(StreamEnd());
    } else {
      ONEDGE_RETURN_IF_ERROR(Whole(in.field(), payload));
    }
  }
  return in.status();
}

Result<TensorEntry> TensorDecoder::Finish(ExternalData* external) {
  if (data_type_ == 0) return Describe(CorruptFile("it has no data type"));
  const DType dtype = static_cast<DType>(data_type_);
  const Shape shape{std::span<const int64_t>(dims_)};
  if (Status checked = shape.Check(); !checked.ok()) return Describe(CorruptFile(checked.message()));
  for (auto& [field, held] : std::exchange(early_, {})) {
    if (!started_) Reserve(field, held.size());
    ONEDGE_RETURN_IF_ERROR(CheckElementField(field));
    ONEDGE_RETURN_IF_ERROR(TypedPiece(AsBytes(held)));
    stream_field_ = field;
    ONEDGE_RETURN_IF_ERROR(StreamEnd());
  }
  if (external_location_) return FinishExternal(external);

  TensorEntry entry;
  entry.name = std::move(name_);
  const uint64_t count = static_cast<uint64_t>(shape.element_count());
  if (dtype == DType::kString) {
    if (data_field_ != 0 && data_field_ != kStringData) return Describe(CheckElementField(data_field_));
    if (strings_.size() != count) {
      name_ = entry.name;
      return Describe(CorruptFile("its dims ", shape, " ask for ", count, " strings, it has ", strings_.size()));
    }
    ONEDGE_ASSIGN_OR_RETURN(entry.tensor, Tensor::FromStrings(shape, std::move(strings_)));
    return entry;
  }
  const auto expected = ExpectedBytes();
  if (!expected || *expected != elements_.size() || data_field_ == kStringData) {
    name_ = entry.name;
    return Describe(CorruptFile("its dims ", shape, " ask for ", count, " elements of ", DTypeName(dtype), ", ",
                                expected.value_or(UINT64_MAX), " bytes; ", FieldName(data_field_), " holds ",
                                elements_.size(), " bytes"));
  }
  ONEDGE_ASSIGN_OR_RETURN(Buffer buffer, elements_.Take());
  if (dtype == DType::kBool) {
    for (size_t i = 0; i < buffer.size(); ++i) buffer.data()[i] = buffer.data()[i] != 0;
  }
  ONEDGE_ASSIGN_OR_RETURN(entry.tensor, Tensor::FromBuffer(dtype, shape, std::move(buffer)));
  return entry;
}

Result<TensorEntry> TensorDecoder::FinishExternal(ExternalData* external) {
  const DType dtype = static_cast<DType>(data_type_);
  if (!external) return Describe(Unsupported("external data is not possible here; save the tensor with its elements"));
  if (data_field_ != 0)
    return Describe(CorruptFile("elements both in ", FieldName(data_field_), " and in external data"));
  if (dtype == DType::kString) return Describe(CorruptFile("strings cannot be external data"));
  auto tensor = std::make_shared<ExternalTensor>();
  tensor->name = name_;
  tensor->dtype = dtype;
  tensor->shape = Shape(std::span<const int64_t>(dims_));
  const auto expected = ExpectedBytes();
  if (!expected) return Describe(CorruptFile("its dims ", tensor->shape, " ask for more bytes than 64 bits can count"));
  tensor->length = *expected;
  for (const auto& [key, value] : external_) {
    if (key == "location") tensor->location = value;
    if (key != "offset" && key != "length") continue;
    const auto number = ParseDecimal(value);
    if (!number) return Describe(CorruptFile("external data ", key, " '", value, "' is not a number of bytes"));
    if (key == "offset") tensor->offset = *number;
    if (key == "length" && *number != *expected) {
      return Describe(CorruptFile("its dims ", tensor->shape, " ask for ", *expected, " bytes of ", DTypeName(dtype),
                                  ", its external data has ", *number));
    }
  }
  ONEDGE_RETURN_IF_ERROR(external->Add(tensor));
  TensorEntry entry;
  entry.name = std::move(name_);
  entry.external = std::move(tensor);
  return entry;
}

Status TensorDecoder::Describe(Status status) const {
  if (status.ok()) return status;
  return std::move(status).WithContext(name_.empty() ? "tensor" : StrCat("tensor '", name_, "'"));
}

Result<TensorEntry> DecodeTensor(std::span<const uint8_t> bytes, MemoryBudget* budget, ExternalData* external) {
  TensorDecoder decoder(budget, /*trusted=*/true);
  ONEDGE_RETURN_IF_ERROR(decoder.Message(bytes));
  return decoder.Finish(external);
}

}  // namespace onedge::onnx

#include <cstring>

#include "cli/files.h"

namespace onedge::cli {
namespace {

struct NpyType {
  std::string_view descr;
  DType dtype;
};
constexpr NpyType kTypes[] = {
    {"|b1", DType::kBool},   {"|i1", DType::kInt8},    {"|u1", DType::kUint8},   {"<i2", DType::kInt16},
    {"<u2", DType::kUint16}, {"<i4", DType::kInt32},   {"<u4", DType::kUint32},  {"<i8", DType::kInt64},
    {"<u8", DType::kUint64}, {"<f2", DType::kFloat16}, {"<f4", DType::kFloat32}, {"<f8", DType::kFloat64},
};

// The text after `'key':` in the header, a Python dict literal.
std::string_view FieldOf(std::string_view header, std::string_view key) {
  const size_t at = header.find(StrCat("'", key, "'"));
  if (at == std::string_view::npos) return {};
  const size_t colon = header.find(':', at);
  if (colon == std::string_view::npos) return {};
  std::string_view rest = header.substr(colon + 1);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return rest;
}

Result<Shape> ParseShape(std::string_view text) {
  Shape shape;
  const size_t end = text.find(')');
  if (!text.starts_with('(') || end == std::string_view::npos) return CorruptFile("the header has no shape");
  text = text.substr(1, end - 1);
  while (true) {
    const size_t digit = text.find_first_of("0123456789");
    if (digit == std::string_view::npos) break;
    text.remove_prefix(digit);
    int64_t dim = 0;
    while (!text.empty() && text[0] >= '0' && text[0] <= '9') {
      if (dim > int64_t{1} << 50) return CorruptFile("a dimension is too large");
      dim = dim * 10 + (text[0] - '0');
      text.remove_prefix(1);
    }
    shape.push_back(dim);
  }
  return shape;
}

Result<Tensor> ParseNpy(std::span<const uint8_t> bytes) {
  constexpr std::string_view kMagic = "\x93NUMPY";
  if (bytes.size() < 12 || std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) != 0) {
    return CorruptFile("not a .npy file: numpy.save writes them");
  }
  const bool wide = bytes[6] >= 2;
  size_t header_size = bytes[8] | static_cast<size_t>(bytes[9]) << 8;
  if (wide) header_size |= static_cast<size_t>(bytes[10]) << 16 | static_cast<size_t>(bytes[11]) << 24;
  const size_t start = wide ? 12 : 10;
  if (header_size > bytes.size() - start) return CorruptFile("the header is cut off");
  const std::string_view header(reinterpret_cast<const char*>(bytes.data()) + start, header_size);
  if (!FieldOf(header, "fortran_order").starts_with("False"))
    return Unsupported("Fortran order; save a C-ordered array");
  const std::string_view descr = FieldOf(header, "descr");
  for (const NpyType& type : kTypes) {
    if (descr.size() < 5 || descr.substr(1, 3) != type.descr) continue;
    ONEDGE_ASSIGN_OR_RETURN(const Shape shape, ParseShape(FieldOf(header, "shape")));
    return Tensor::FromBytes(type.dtype, shape, bytes.subspan(start + header_size));
  }
  return Unsupported("dtype ", descr.substr(0, descr.find(',')), "; expected bool, integers or floats, little-endian");
}

}  // namespace

Result<Tensor> ReadNpy(const std::string& path) {
  ONEDGE_ASSIGN_OR_RETURN(const std::vector<uint8_t> bytes, ReadFile(path));
  Result<Tensor> tensor = ParseNpy(bytes);
  if (!tensor.ok()) return std::move(tensor).status().WithContext(path);
  return tensor;
}

}  // namespace onedge::cli

#include "cli/tensor_text.h"

#include "tensor/half.h"

namespace onedge::cli {
namespace {

// False if JSON cannot express the dtype.
bool WriteElement(const Tensor& tensor, size_t i, JsonWriter& out) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      out.Float(tensor.data<float>()[i]);
      return true;
    case DType::kFloat64:
      out.Number(tensor.data<double>()[i]);
      return true;
    case DType::kFloat16:
      out.Float(ToFloat(tensor.data<Float16>()[i]));
      return true;
    case DType::kBfloat16:
      out.Float(ToFloat(tensor.data<Bfloat16>()[i]));
      return true;
    case DType::kInt8:
      out.Int(tensor.data<int8_t>()[i]);
      return true;
    case DType::kInt16:
      out.Int(tensor.data<int16_t>()[i]);
      return true;
    case DType::kInt32:
      out.Int(tensor.data<int32_t>()[i]);
      return true;
    case DType::kInt64:
      out.Int(tensor.data<int64_t>()[i]);
      return true;
    case DType::kUint8:
      out.Uint(tensor.data<uint8_t>()[i]);
      return true;
    case DType::kUint16:
      out.Uint(tensor.data<uint16_t>()[i]);
      return true;
    case DType::kUint32:
      out.Uint(tensor.data<uint32_t>()[i]);
      return true;
    case DType::kUint64:
      out.Uint(tensor.data<uint64_t>()[i]);
      return true;
    case DType::kBool:
      out.Bool(tensor.data<uint8_t>()[i] != 0);
      return true;
    case DType::kString:
      out.Text(tensor.strings()[i]);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string Preview(const Value& value) {
  constexpr size_t kShown = 8;
  if (!value.is_tensor()) return "";
  const size_t count = static_cast<size_t>(value.tensor().element_count());
  std::string out = "[";
  for (size_t i = 0; i < std::min(count, kShown); ++i) {
    JsonWriter element;
    if (!WriteElement(value.tensor(), i, element)) return "";
    const Result<std::string> text = element.ToString();
    out += StrCat(i > 0 ? ", " : "", text.ok() ? *text : "?");
  }
  return out + (count > kShown ? ", ...]" : "]");
}

Status WriteJson(const Value& value, JsonWriter& out) {
  if (!value.is_tensor()) return Unsupported("--json cannot show a ", value.ToString());
  const Tensor& tensor = value.tensor();
  out.Object().Key("dtype").Text(DTypeName(tensor.dtype())).Key("shape").Array();
  for (int64_t dim : tensor.shape()) out.Int(dim);
  out.End().Key("data").Array();
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    if (!WriteElement(tensor, static_cast<size_t>(i), out))
      return Unsupported("--json cannot show ", DTypeName(tensor.dtype()), " elements");
  }
  out.End().End();
  return OkStatus();
}

}  // namespace onedge::cli

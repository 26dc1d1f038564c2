#include "cli/tensor_text.h"

#include "tensor/half.h"

namespace onedge::cli {
namespace {

yyjson_mut_val* Element(Json& json, const Tensor& tensor, size_t i) {
  switch (tensor.dtype()) {
    case DType::kFloat32:
      return json.Float(tensor.data<float>()[i]);
    case DType::kFloat64:
      return yyjson_mut_real(json.doc(), tensor.data<double>()[i]);
    case DType::kFloat16:
      return json.Float(ToFloat(tensor.data<Float16>()[i]));
    case DType::kBfloat16:
      return json.Float(ToFloat(tensor.data<Bfloat16>()[i]));
    case DType::kInt8:
      return yyjson_mut_sint(json.doc(), tensor.data<int8_t>()[i]);
    case DType::kInt16:
      return yyjson_mut_sint(json.doc(), tensor.data<int16_t>()[i]);
    case DType::kInt32:
      return yyjson_mut_sint(json.doc(), tensor.data<int32_t>()[i]);
    case DType::kInt64:
      return yyjson_mut_sint(json.doc(), tensor.data<int64_t>()[i]);
    case DType::kUint8:
      return yyjson_mut_uint(json.doc(), tensor.data<uint8_t>()[i]);
    case DType::kUint16:
      return yyjson_mut_uint(json.doc(), tensor.data<uint16_t>()[i]);
    case DType::kUint32:
      return yyjson_mut_uint(json.doc(), tensor.data<uint32_t>()[i]);
    case DType::kUint64:
      return yyjson_mut_uint(json.doc(), tensor.data<uint64_t>()[i]);
    case DType::kBool:
      return yyjson_mut_bool(json.doc(), tensor.data<uint8_t>()[i] != 0);
    case DType::kString:
      return json.Text(tensor.strings()[i]);
    default:
      return nullptr;
  }
}

}  // namespace

std::string Preview(const Value& value) {
  constexpr size_t kShown = 8;
  if (!value.is_tensor()) return "";
  const size_t count = static_cast<size_t>(value.tensor().element_count());
  std::string out = "[";
  Json json;
  for (size_t i = 0; i < std::min(count, kShown); ++i) {
    yyjson_mut_val* element = Element(json, value.tensor(), i);
    if (!element) return "";
    out += StrCat(i > 0 ? ", " : "", json.ToString(element, false));
  }
  return out + (count > kShown ? ", ...]" : "]");
}

Result<yyjson_mut_val*> ToJson(Json& json, const Value& value) {
  if (!value.is_tensor()) return Unsupported("--json cannot show a ", value.ToString());
  const Tensor& tensor = value.tensor();
  yyjson_mut_val* object = json.Object();
  json.Set(object, "dtype", json.Text(DTypeName(tensor.dtype())));
  yyjson_mut_val* shape = yyjson_mut_obj_add_arr(json.doc(), object, "shape");
  for (int64_t dim : tensor.shape()) yyjson_mut_arr_add_sint(json.doc(), shape, dim);
  yyjson_mut_val* data = yyjson_mut_obj_add_arr(json.doc(), object, "data");
  for (int64_t i = 0; i < tensor.element_count(); ++i) {
    yyjson_mut_val* element = Element(json, tensor, static_cast<size_t>(i));
    if (!element) return Unsupported("--json cannot show ", DTypeName(tensor.dtype()), " elements");
    yyjson_mut_arr_append(data, element);
  }
  return object;
}

}  // namespace onedge::cli

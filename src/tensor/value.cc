#include "tensor/value.h"

namespace onedge {

const Tensor& Value::tensor() const {
  ONEDGE_DCHECK(is_tensor());
  return *std::get_if<1>(&state_);
}
Tensor& Value::tensor() {
  ONEDGE_DCHECK(is_tensor());
  return *std::get_if<1>(&state_);
}

std::string Value::ToString() const {
  if (is_tensor()) return tensor().ToString();
  if (is_sequence()) return StrCat("sequence of ", sequence().elements.size());
  if (is_map()) return StrCat("map of ", map().values.size());
  return "none";
}

}  // namespace onedge

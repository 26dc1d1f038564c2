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

Sequence Value::TakeSequence() {
  ONEDGE_DCHECK(is_sequence());
  const std::shared_ptr<Sequence> held = std::move(*std::get_if<2>(&state_));
  state_ = {};
  return held.use_count() == 1 ? std::move(*held) : *held;
}

std::string Value::ToString() const {
  if (is_tensor()) return tensor().ToString();
  if (is_sequence()) return StrCat("sequence of ", sequence().elements.size());
  if (is_map()) return StrCat("map of ", map().values.size());
  return "none";
}

}  // namespace onedge

#include "ops/op_context.h"

namespace onedge::ops {

bool OpContext::HasInput(size_t i) const { return i < inputs_.size() && inputs_[i] && !inputs_[i]->is_none(); }

const Tensor& OpContext::Input(size_t i) const { return InputValue(i).tensor(); }

Status OpContext::CheckTensors(size_t required) const {
  for (size_t i = 0; i < std::max(required, inputs_.size()); ++i) {
    if (!HasInput(i)) {
      if (i < required) return InvalidArgument("input ", i, " is required, but missing");
      continue;
    }
    if (!inputs_[i]->is_tensor()) {
      return InvalidArgument("input ", i, ": expected a tensor, got ", inputs_[i]->ToString());
    }
  }
  return OkStatus();
}

}  // namespace onedge::ops

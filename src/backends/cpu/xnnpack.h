// XNNPACK's operators, with their memory under a budget and with packed weights that sessions share. An XnnOperator
// belongs to a Step: it holds the state of a run.
#pragma once

#include <xnnpack.h>

#include <memory>

#include "base/buffer.h"
#include "ops/math/activation.h"

namespace onedge::backends::cpu {

// False if XNNPACK does not support this processor. The first call initializes it. Thread-safe.
bool XnnIsAvailable();

// OK, or an error that says that `what` (a call of XNNPACK) has failed.
Status XnnError(xnn_status status, const char* what);

// While it lives, what XNNPACK allocates on this thread counts under `budget`: around calls that create or reshape.
class XnnMemoryScope {
 public:
  explicit XnnMemoryScope(MemoryBudget* budget);
  ~XnnMemoryScope();
  XnnMemoryScope(const XnnMemoryScope&) = delete;
  XnnMemoryScope& operator=(const XnnMemoryScope&) = delete;

  MemoryBudget* budget() const { return budget_; }
  bool Reserve(size_t bytes);
  // Like XnnError; if the budget refused memory, the budget's error.
  Status Check(xnn_status status, const char* what);

 private:
  XnnMemoryScope* const previous_;
  MemoryBudget* const budget_;
  Status refused_;
};

// The bounds of an XNNPACK operator express Relu and Clip; another activation runs after it.
template <typename Form>
void SetActivation(const ops::Activation& activation, Form& form) {
  if (activation.kind == ops::Activation::kRelu) {
    form.low = 0;
  } else if (activation.kind == ops::Activation::kClip && activation.alpha <= activation.beta) {
    form.low = activation.alpha;
    form.high = activation.beta;
  } else {
    form.after = activation;
  }
}

class XnnOperator {
 public:
  // create(cache, out) calls one of XNNPACK's functions that create an operator with constant weights, and returns its
  // status. It packs the weights into a new buffer.
  template <typename Create>
  static Result<Buffer> Pack(MemoryBudget* budget, const Create& create) {
    ONEDGE_ASSIGN_OR_RETURN(const auto op, Make(Buffer(), budget, create));
    return op->packed_;
  }
  // The same with weights that Pack has returned for the same arguments. XNNPACK may pack the weights once more, into
  // scratch that is dropped, so `create` passes pointers that can be read.
  template <typename Create>
  static Result<std::unique_ptr<XnnOperator>> Make(Buffer packed, MemoryBudget* budget, const Create& create) {
    std::unique_ptr<XnnOperator> made(new XnnOperator(std::move(packed), budget));
    XnnMemoryScope scope(budget);
    const xnn_status status = create(&made->provider_, &made->op_);
    ONEDGE_RETURN_IF_ERROR(made->CheckCreated(scope, status));
    return made;
  }
  ~XnnOperator();

  xnn_operator_t get() const { return op_; }

 private:
  XnnOperator(Buffer packed, MemoryBudget* budget);
  void* Reserve(size_t bytes);
  Status CheckCreated(XnnMemoryScope& scope, xnn_status status);

  xnn_weights_cache_provider provider_;
  Buffer packed_;
  Buffer scratch_;
  MemoryBudget* const budget_;
  Status failure_;  // of an allocation
  xnn_operator_t op_ = nullptr;
};

}  // namespace onedge::backends::cpu

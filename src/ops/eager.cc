#include "ops/eager.h"

#include <deque>

namespace onedge::ops {
namespace {

class EagerContext final : public OpContext {
 public:
  EagerContext(std::span<const Value> inputs, size_t output_count, const EagerOptions& options)
      : outputs(output_count) {
    for (const Value& value : inputs) pointers_.push_back(value.is_none() ? nullptr : &value);
    inputs_ = pointers_;
    output_count_ = output_count;
    threads_ = options.threads;
    budget_ = options.budget;
  }

  bool WantsOutput(size_t i) const override { return i < outputs.size(); }
  Result<Tensor*> Output(size_t i, DType dtype, const Shape& shape) override {
    ONEDGE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape, budget_));
    if (i >= outputs.size()) outputs.resize(i + 1);
    outputs[i] = std::move(tensor);
    return &outputs[i].tensor();
  }
  Status SetOutput(size_t i, Value value) override {
    if (i < outputs.size()) outputs[i] = std::move(value);
    return OkStatus();
  }
  Result<uint8_t*> Workspace(size_t bytes) override {
    ONEDGE_ASSIGN_OR_RETURN(workspace_, Buffer::Allocate(bytes, budget_));
    return workspace_.data();
  }
  Result<std::vector<Value>> RunSubgraph(const graph::Graph&, std::span<const Value>) override {
    return Unsupported("an operator with a subgraph cannot run on its own");
  }
  Status CheckCancelled() const override { return OkStatus(); }

  std::deque<Value> outputs;  // a deque keeps pointers to its elements valid while it grows

 private:
  std::vector<const Value*> pointers_;
  Buffer workspace_;
};

}  // namespace

Result<std::vector<Value>> RunEagerly(const Op& op, std::span<const Value> inputs, size_t output_count,
                                      const EagerOptions& options) {
  EagerContext ctx(inputs, output_count, options);
  ONEDGE_RETURN_IF_ERROR(op.Run(ctx));
  ctx.outputs.resize(output_count);
  return std::vector<Value>(std::make_move_iterator(ctx.outputs.begin()), std::make_move_iterator(ctx.outputs.end()));
}

}  // namespace onedge::ops

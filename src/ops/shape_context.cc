#include "ops/shape_context.h"

namespace onedge::ops {
namespace {

const TypeInfo kUnknownType;

}  // namespace

ShapeContext::ShapeContext(std::span<const Input> inputs, std::span<Output> outputs, SubgraphInference infer_subgraph)
    : inputs_(inputs), outputs_(outputs), infer_subgraph_(std::move(infer_subgraph)) {}

Status ShapeContext::RequireTensor(size_t i) const {
  if (!HasInput(i)) return InvalidArgument("input ", i, " is required, but missing");
  const TypeInfo& type = InputType(i);
  if (type.kind != TypeInfo::Kind::kTensor && type.kind != TypeInfo::Kind::kUnknown) {
    return InvalidArgument("input ", i, ": expected a tensor, got a sequence, optional or map");
  }
  return OkStatus();
}

const TypeInfo& ShapeContext::InputType(size_t i) const { return HasInput(i) ? *inputs_[i].type : kUnknownType; }

DType ShapeContext::InputDType(size_t i) const {
  const TypeInfo& type = InputType(i);
  return type.is_tensor() ? type.dtype : DType::kUndefined;
}

const Dims* ShapeContext::InputDims(size_t i) const {
  const TypeInfo& type = InputType(i);
  return type.is_tensor() && type.dims ? &*type.dims : nullptr;
}

Result<std::optional<InlineVector<int64_t, 8>>> ShapeContext::InputInts(size_t i) const {
  if (const Tensor* constant = InputConstant(i)) {
    ONEDGE_ASSIGN_OR_RETURN(auto ints, constant->ToInt64s(StrCat("input ", i)));
    return std::optional(std::move(ints));
  }
  const auto dims = HasInput(i) && inputs_[i].shape_value ? graph::ShapeOf(*inputs_[i].shape_value) : std::nullopt;
  if (!dims) return std::optional<InlineVector<int64_t, 8>>();
  return std::optional<InlineVector<int64_t, 8>>(*dims);
}

std::optional<Dims> ShapeContext::InputShapeValue(size_t i) const {
  if (!HasInput(i)) return std::nullopt;
  if (inputs_[i].shape_value) return *inputs_[i].shape_value;
  const Tensor* constant = InputConstant(i);
  if (!constant || constant->rank() > 1 || !IsInteger(constant->dtype())) return std::nullopt;
  const auto ints = constant->ToInt64s("");
  if (!ints.ok()) return std::nullopt;
  Dims dims;
  for (int64_t value : *ints) {
    if (value < 0) return std::nullopt;  // -1 would mean "unknown"
    dims.push_back(Dim::Known(value));
  }
  return dims;
}

void ShapeContext::SetOutput(size_t i, DType dtype, std::optional<Dims> dims) {
  SetOutputType(i, TypeInfo::Tensor(dtype, std::move(dims)));
}

void ShapeContext::SetOutputType(size_t i, TypeInfo type) {
  if (i < outputs_.size()) outputs_[i].type = std::move(type);
}

void ShapeContext::SetOutputShapeValue(size_t i, Dims elements) {
  if (i < outputs_.size()) outputs_[i].shape_value = std::move(elements);
}

Result<std::vector<TypeInfo>> ShapeContext::InferSubgraph(const graph::Graph& subgraph,
                                                          std::span<const TypeInfo> inputs) const {
  if (!infer_subgraph_) return std::vector<TypeInfo>(subgraph.outputs.size());
  return infer_subgraph_(subgraph, inputs);
}

Result<Dims> BroadcastDims(const Dims& a, const Dims& b) {
  Dims out(std::max(a.size(), b.size()), Dim::Known(1));
  for (size_t i = 0; i < out.size(); ++i) {
    const Dim x = i < a.size() ? a[a.size() - 1 - i] : Dim::Known(1);
    const Dim y = i < b.size() ? b[b.size() - 1 - i] : Dim::Known(1);
    Dim& dim = out[out.size() - 1 - i];
    if (x.is(1) || x.Same(y)) {
      dim = y;
    } else if (y.is(1)) {
      dim = x;
    } else if (x.known() && y.known()) {
      return InvalidArgument("shapes do not broadcast: ", x.value, " against ", y.value, " in dimension ",
                             out.size() - 1 - i);
    } else if (x.known() || y.known()) {
      dim = x.known() ? x : y;  // the other must be equal or 1
    } else {
      dim = Dim::Unknown();
    }
  }
  return out;
}

Status InferBroadcast(ShapeContext& ctx, DType dtype) {
  std::optional<Dims> dims = Dims();
  for (size_t i = 0; i < ctx.input_count(); ++i) {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const Dims* next = ctx.InputDims(i);
    if (!next) {
      dims.reset();
      break;
    }
    ONEDGE_ASSIGN_OR_RETURN(dims, BroadcastDims(*dims, *next));
  }
  ctx.SetOutput(0, dtype, std::move(dims));
  return OkStatus();
}

Status InferSameAsInput(ShapeContext& ctx) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  ctx.SetOutputType(0, ctx.InputType(0));
  return OkStatus();
}

}  // namespace onedge::ops

#include "ops/control/scan_output.h"

#include <tuple>

#include "ops/movement/strided_copy.h"

namespace onedge::ops {

Status ScanOutput::Add(Value value, size_t output) {
  if (!value.is_tensor()) return InvalidArgument("scan output ", output, ": expected a tensor, got ", value);
  while (first_ < turns_.size() && !turns_[first_].defined()) ++first_;
  if (first_ < turns_.size() &&
      (value.tensor().dtype() != turns_[first_].dtype() || !(value.tensor().shape() == turns_[first_].shape()))) {
    return InvalidArgument("scan output ", output, ": turn ", turns_.size(), " gave ", value, ", the first ",
                           turns_[first_]);
  }
  turns_.push_back(std::move(value.tensor()));
  return OkStatus();
}

namespace {

// The type that each turn would have: the inferred type of output `output`, without its dimensions of turns and batch.
// Sizes that neither inference nor the body declares are 0.
Result<std::pair<DType, Shape>> TypeOfTurn(const TypeInfo& inferred, const TypeInfo& declared, size_t output,
                                           int64_t axis, bool batched) {
  DType dtype = declared.is_tensor() ? declared.dtype : DType::kUndefined;
  Dims dims = declared.is_tensor() ? declared.dims.value_or(Dims()) : Dims();
  if (inferred.is_tensor()) {
    if (inferred.dtype != DType::kUndefined) dtype = inferred.dtype;
    if (inferred.dims && inferred.dims->size() > size_t{batched}) {
      Dims turn = *inferred.dims;
      if (batched) turn.erase(0);
      ONEDGE_ASSIGN_OR_RETURN(const size_t stacked, NormalizeAxis(axis, turn.size(), "attribute 'scan_output_axes'"));
      turn.erase(stacked);
      for (size_t i = 0; i < turn.size() && turn.size() == dims.size(); ++i) {
        if (!turn[i].known()) turn[i] = dims[i];
      }
      dims = std::move(turn);
    }
  }
  if (dtype == DType::kUndefined) {
    return InvalidArgument("scan output ", output, ": expected a declared dtype, since the body ran no times");
  }
  Shape shape;
  for (const Dim& dim : dims) shape.push_back(dim.known() ? dim.value : 0);
  return std::pair(dtype, shape);
}

}  // namespace

Status ScanOutput::Finish(OpContext& ctx, size_t output, int64_t axis, bool reverse, const TypeInfo& declared,
                          std::optional<Batch> batch) {
  Shape shape;
  DType dtype = DType::kUndefined;
  while (first_ < turns_.size() && !turns_[first_].defined()) ++first_;
  if (first_ == turns_.size()) {
    ONEDGE_ASSIGN_OR_RETURN(const auto type,
                            TypeOfTurn(ctx.InferredType(output), declared, output, axis, batch.has_value()));
    std::tie(dtype, shape) = type;
  } else {
    dtype = turns_[first_].dtype();
    shape = turns_[first_].shape();
  }
  ONEDGE_ASSIGN_OR_RETURN(const size_t stacked, NormalizeAxis(axis, shape.rank() + 1, "attribute 'scan_output_axes'"));
  const int64_t inner = shape.element_count(stacked, shape.rank());
  const int64_t outer = shape.element_count(0, stacked);
  const auto count = static_cast<int64_t>(turns_.size());
  if (batch) {
    shape.insert(0, batch->turns);
    shape.insert(0, batch->entries);
  } else {
    shape.insert(stacked, count);
  }
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, output, dtype, shape));
  for (int64_t i = 0; i < count; ++i) {
    const int64_t place = reverse ? count - 1 - i : i;
    const Tensor& turn = turns_[static_cast<size_t>(i)];
    if (!turn.defined()) {
      for (int64_t o = 0; o < outer; ++o) {
        ClearCells(to.type(), to.at((o * count + place) * inner), static_cast<size_t>(inner));
      }
      continue;
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(turn, ctx.budget()));
    CopyStrided(to.type(), from.at(0), to.at(place * inner), {{outer, inner, count * inner}, {inner, 1, 1}}, nullptr);
  }
  to.Finish();
  turns_.clear();
  return OkStatus();
}

}  // namespace onedge::ops

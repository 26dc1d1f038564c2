// TensorScatter (ai.onnx 24): writes new entries into a cache along its sequence dimension; each batch entry has its
// own position.
#include "ops/movement/elements.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct TensorScatter final : Op {
  int64_t axis = -2;
  bool circular = false;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
    return InferSameAsInput(ctx);
  }

  std::optional<InPlace> InPlaceInput(size_t output) const override {
    static_cast<void>(output);
    return InPlace{0, std::nullopt};
  }

  // past: any [batch, ..., max_seq, ...], update: any [batch, ..., seq, ...], write_indices: i64
  // [batch] (optional) -> as past
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(2));
    const Tensor& past = ctx.Input(0);
    const Tensor& update = ctx.Input(1);
    ONEDGE_ASSIGN_OR_RETURN(const size_t along, NormalizeAxis(axis, past.rank(), "attribute 'axis'"));
    if (along == 0) return InvalidArgument("attribute 'axis': dimension 0 is the batch");
    bool fits = update.rank() == past.rank() && update.dtype() == past.dtype();
    for (size_t i = 0; fits && i < past.rank(); ++i) {
      fits = i == along ? update.dim(i) <= past.dim(i) : update.dim(i) == past.dim(i);
    }
    if (!fits) return InvalidArgument("input 1: ", update, " does not fit ", past, " along dimension ", along);
    InlineVector<int64_t, 8> starts(static_cast<size_t>(past.dim(0)), int64_t{0});
    const int64_t capacity = past.dim(along);
    const int64_t steps = update.dim(along);
    if (ctx.HasInput(2)) {
      ONEDGE_ASSIGN_OR_RETURN(starts, InputIntegers(ctx, 2));
      if (starts.size() != static_cast<size_t>(past.dim(0))) {
        return InvalidArgument("input 2: expected ", past.dim(0), " indices, got ", ctx.Input(2));
      }
      for (int64_t start : starts) {
        if (start < 0 || (circular ? start >= std::max<int64_t>(capacity, 1) : start > capacity - steps)) {
          return InvalidArgument("input 2: ", steps, " entries at index ", start, " do not fit a cache of ", capacity);
        }
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(past, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells updates, InputCells::Of(update, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, past.dtype(), past.shape()));
    if (!ctx.InPlaceRoom(0)) CopyCells(from.type(), from.at(0), to.at(0), static_cast<size_t>(past.element_count()));
    const int64_t outer = past.shape().element_count(0, along);
    const int64_t per_batch = past.shape().element_count(1, along);
    const int64_t inner = past.shape().element_count(along + 1, past.rank());
    for (int64_t o = 0; o < outer; ++o) {
      const int64_t start = starts[static_cast<size_t>(o / per_batch)];
      for (int64_t step = 0; step < steps; ++step) {
        const int64_t place = circular ? (start + step) % capacity : start + step;
        CopyCells(to.type(), updates.at((o * steps + step) * inner), to.at((o * capacity + place) * inner),
                  static_cast<size_t>(inner));
      }
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<TensorScatter>(AttributeReader& attrs) {
  auto op = std::make_unique<TensorScatter>();
  op->axis = attrs.Int("axis", -2);
  const std::string mode = attrs.String("mode", "linear");
  op->circular = mode == "circular";
  if (!op->circular && mode != "linear") attrs.FailValue("mode", "linear or circular", mode);
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

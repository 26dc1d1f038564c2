// Slice (ai.onnx 1; starts, ends, axes and steps are inputs since 10): ranges of some dimensions, with steps of either
// sign.
#include <algorithm>

#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {
namespace {

using Ints = InlineVector<int64_t, 8>;

// An end from here on means "to the end": exporters write the largest int32 or int64.
constexpr int64_t kToTheEnd = std::numeric_limits<int32_t>::max();

struct Range {
  int64_t start;
  int64_t step;
  int64_t count;
};

// Python's slice(start, end, step) of a dimension.
Range Clamp(int64_t size, int64_t start, int64_t end, int64_t step) {
  if (start < 0) start += size;
  if (end < 0) end += size;
  if (step > 0) {
    start = std::clamp<int64_t>(start, 0, size);
    end = std::clamp<int64_t>(end, 0, size);
    const int64_t length = std::max<int64_t>(end - start, 0);
    return {start, step, length / step + (length % step != 0)};
  }
  start = std::clamp<int64_t>(start, -1, size - 1);
  end = std::clamp<int64_t>(end, -1, size - 1);
  const auto length = static_cast<uint64_t>(std::max<int64_t>(start - end, 0));
  const uint64_t stride = uint64_t{0} - static_cast<uint64_t>(step);
  return {start, step, static_cast<int64_t>(length / stride + (length % stride != 0))};
}

}  // namespace

struct Slice final : Op {
  bool inputs = true;  // false: opset 1 to 9
  Ints starts_attribute, ends_attribute;
  std::optional<Ints> axes_attribute;

  // Checks the lists against each other and the rank, and maps the axes to [0, rank).
  static Result<Axes> CheckedAxes(const Ints& starts, const Ints& ends, const std::optional<Ints>& axes,
                                  const Ints& steps, size_t rank) {
    Ints all;
    for (size_t i = 0; i < starts.size(); ++i) all.push_back(static_cast<int64_t>(i));
    const Ints& chosen = axes ? *axes : all;
    if (ends.size() != starts.size() || chosen.size() != starts.size() || steps.size() != starts.size()) {
      return InvalidArgument("starts, ends, axes and steps differ in length: ", starts.size(), ", ", ends.size(), ", ",
                             chosen.size(), ", ", steps.size());
    }
    for (int64_t step : steps) {
      if (step == 0) return InvalidArgument("steps: a step of 0");
    }
    return NormalizeAxes(chosen, rank);
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Ints> starts = starts_attribute;
    std::optional<Ints> ends = ends_attribute;
    std::optional<Ints> axes = axes_attribute;
    std::optional<Ints> steps;
    if (inputs) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(2));
      ONEDGE_ASSIGN_OR_RETURN(starts, ctx.InputInts(1));
      ONEDGE_ASSIGN_OR_RETURN(ends, ctx.InputInts(2));
      if (ctx.HasInput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(axes, ctx.InputInts(3));
      }
      if (ctx.HasInput(4)) {
        ONEDGE_ASSIGN_OR_RETURN(steps, ctx.InputInts(4));
      }
    }
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (from) {
      const bool axes_known = !ctx.HasInput(3) || axes;
      const size_t count = starts ? starts->size() : ends ? ends->size() : axes ? axes->size() : 0;
      const bool any_bound = starts || ends || axes;
      if (!axes_known || !any_bound) {
        dims.emplace(from->size(), Dim::Unknown());
      } else {
        dims = *from;
        const bool exact = starts && ends && (steps || !ctx.HasInput(4));
        const Ints unknown(count, 0);
        const Ints ones(count, 1);
        ONEDGE_ASSIGN_OR_RETURN(const Axes cut, CheckedAxes(starts ? *starts : unknown, ends ? *ends : unknown, axes,
                                                            steps ? *steps : ones, from->size()));
        for (size_t i = 0; i < cut.size(); ++i) {
          Dim& dim = (*dims)[cut[i]];
          const int64_t step = steps ? (*steps)[i] : 1;
          if (exact && dim.known()) {
            dim = Dim::Known(Clamp(dim.value, (*starts)[i], (*ends)[i], step).count);
          } else if (!exact || (*starts)[i] != 0 || (*ends)[i] < kToTheEnd || step != 1) {
            dim = Dim::Unknown();
          }
        }
        const auto elements = exact && from->size() == 1 && cut.size() == 1 ? KnownElements(ctx, 0) : std::nullopt;
        if (elements) {
          const auto size = static_cast<int64_t>(elements->size());
          const Range range = Clamp(size, (*starts)[0], (*ends)[0], steps ? (*steps)[0] : 1);
          Dims kept;
          for (int64_t k = 0; k < range.count; ++k) {
            kept.push_back((*elements)[static_cast<size_t>(range.start + k * range.step)]);
          }
          ctx.SetOutputShapeValue(0, std::move(kept));
        }
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [...]; starts, ends: int [n]; axes, steps: int [n] (optional) -> any [...] of the same rank
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(inputs ? 3 : 1));
    Ints starts = starts_attribute;
    Ints ends = ends_attribute;
    std::optional<Ints> axes = axes_attribute;
    std::optional<Ints> steps;
    if (inputs) {
      ONEDGE_ASSIGN_OR_RETURN(starts, InputIntegers(ctx, 1));
      ONEDGE_ASSIGN_OR_RETURN(ends, InputIntegers(ctx, 2));
      if (ctx.HasInput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(axes, InputIntegers(ctx, 3));
      }
      if (ctx.HasInput(4)) {
        ONEDGE_ASSIGN_OR_RETURN(steps, InputIntegers(ctx, 4));
      }
    }
    if (!steps) steps = Ints(starts.size(), 1);
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const Axes cut, CheckedAxes(starts, ends, axes, *steps, x.rank()));

    Shape shape = x.shape();
    const auto from_strides = x.shape().Strides();
    InlineVector<int64_t, 8> strides = from_strides;
    int64_t offset = 0;
    for (size_t i = 0; i < cut.size(); ++i) {
      const Range range = Clamp(x.dim(cut[i]), starts[i], ends[i], (*steps)[i]);
      shape[cut[i]] = range.count;
      if (range.count > 0) offset += range.start * from_strides[cut[i]];
      if (range.count > 1) strides[cut[i]] *= range.step;
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    if (shape.element_count() > 0) {
      const auto to_strides = shape.Strides();
      CopyAxes copy;
      for (size_t i = 0; i < shape.rank(); ++i) copy.push_back({shape[i], strides[i], to_strides[i]});
      CopyStrided(from.type(), from.at(offset), to.at(0), copy, ctx.threads());
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Slice>(AttributeReader& attrs) {
  auto op = std::make_unique<Slice>();
  op->inputs = attrs.opset() >= 10;
  if (!op->inputs) {
    op->starts_attribute = Ints(attrs.RequiredInts("starts"));
    op->ends_attribute = Ints(attrs.RequiredInts("ends"));
    if (attrs.Has("axes")) op->axes_attribute.emplace(attrs.Ints("axes"));
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

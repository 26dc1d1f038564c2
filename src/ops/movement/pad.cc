// Pad (ai.onnx 1: attributes; 11: inputs; 18: axes; 19: mode wrap): adds cells before and after each dimension;
// negative pads remove cells. The added cells hold a constant, the edge, a mirror image, or the other end.
#include <algorithm>

#include "base/checked_math.h"
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"
#include "ops/movement/strided_copy.h"
#include "tensor/half.h"

namespace onedge::ops {
namespace {

using Ints = InlineVector<int64_t, 8>;
enum class PadMode : uint8_t { kConstant, kReflect, kEdge, kWrap };

// One dimension: `before` added cells, then cells [crop, crop + kept) of the input, then `after` added cells.
struct AxisPad {
  int64_t crop = 0;
  int64_t kept = 0;
  int64_t before = 0;
  int64_t after = 0;
  int64_t size() const { return before + kept + after; }
};

Result<AxisPad> MakeAxisPad(int64_t size, int64_t begin, int64_t end) {
  AxisPad pad;
  pad.crop = std::max<int64_t>(-std::max(begin, -std::numeric_limits<int64_t>::max()), 0);
  const int64_t end_crop = std::max<int64_t>(-std::max(end, -std::numeric_limits<int64_t>::max()), 0);
  pad.before = std::max<int64_t>(begin, 0);
  pad.after = std::max<int64_t>(end, 0);
  if (pad.crop > size || end_crop > size - pad.crop) {
    return InvalidArgument("pads ", begin, " and ", end, " remove more than a dimension of size ", size, " has");
  }
  pad.kept = size - pad.crop - end_crop;
  const auto sum = CheckedAdd(pad.before, pad.after);
  if (!sum || !CheckedAdd(*sum, pad.kept)) return InvalidArgument("pads ", begin, " and ", end, " are too large");
  return pad;
}

// The input cell that cell `i` of the padded dimension copies. REQUIRES: kept > 0.
int64_t SourceIndex(PadMode mode, const AxisPad& pad, int64_t i) {
  ONEDGE_DCHECK(pad.kept > 0);
  int64_t k = i - pad.before;
  if (mode == PadMode::kEdge) {
    k = std::clamp<int64_t>(k, 0, pad.kept - 1);
  } else if (mode == PadMode::kWrap) {
    k = (k % pad.kept + pad.kept) % pad.kept;
  } else {
    const int64_t period = std::max<int64_t>(2 * (pad.kept - 1), 1);
    k = (k % period + period) % period;
    k = std::min(k, period - k);
    if (pad.kept == 1) k = 0;
  }
  return pad.crop + k;
}

}  // namespace

struct Pad final : Op {
  PadMode mode = PadMode::kConstant;
  std::optional<Ints> pads_attribute;  // opset 1 to 10
  float value_attribute = 0.0f;        // opset 1 to 10

  // The begin and end pads of all `rank` dimensions.
  static Result<Ints> AllPads(const Ints& pads, const std::optional<Ints>& axes, size_t rank) {
    const size_t count = axes ? axes->size() : rank;
    if (pads.size() != 2 * count) {
      return InvalidArgument("pads: expected ", 2 * count, " values for ", count, " dimensions, got ", pads.size());
    }
    if (!axes) return pads;
    ONEDGE_ASSIGN_OR_RETURN(const Axes padded, NormalizeAxes(*axes, rank));
    Ints all(2 * rank, 0);
    for (size_t i = 0; i < count; ++i) {
      all[padded[i]] = pads[i];
      all[rank + padded[i]] = pads[count + i];
    }
    return all;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Ints> pads = pads_attribute;
    std::optional<Ints> axes;
    if (!pads) {
      ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(1));
      ONEDGE_ASSIGN_OR_RETURN(pads, ctx.InputInts(1));
      if (ctx.HasInput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(axes, ctx.InputInts(3));
      }
    }
    const Dims* from = ctx.InputDims(0);
    std::optional<Dims> dims;
    if (from) {
      dims.emplace(from->size(), Dim::Unknown());
      if (pads && (axes || !ctx.HasInput(3))) {
        ONEDGE_ASSIGN_OR_RETURN(const Ints all, AllPads(*pads, axes, from->size()));
        for (size_t i = 0; i < from->size(); ++i) {
          const int64_t begin = all[i];
          const int64_t end = all[from->size() + i];
          if (begin == 0 && end == 0) {
            (*dims)[i] = (*from)[i];
          } else if ((*from)[i].known()) {
            ONEDGE_ASSIGN_OR_RETURN(const AxisPad pad, MakeAxisPad((*from)[i].value, begin, end));
            (*dims)[i] = Dim::Known(pad.size());
          }
        }
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // The cell that kConstant adds.
  Result<Tensor> PadValue(const OpContext& ctx, DType dtype) const {
    if (!pads_attribute && ctx.HasInput(2)) {
      if (ctx.Input(2).element_count() != 1 || ctx.Input(2).dtype() != dtype) {
        return InvalidArgument("input 2: expected one ", DTypeName(dtype), ", got ", ctx.Input(2));
      }
      return ctx.Input(2);
    }
    ONEDGE_ASSIGN_OR_RETURN(Tensor value, Tensor::Allocate(dtype, {}, ctx.budget()));
    if (dtype == DType::kString) return value;
    std::fill_n(value.mutable_bytes(), value.byte_size(), uint8_t{0});
    switch (dtype) {
      case DType::kFloat32:
        *value.mutable_data<float>() = value_attribute;
        break;
      case DType::kFloat64:
        *value.mutable_data<double>() = value_attribute;
        break;
      case DType::kFloat16:
        *value.mutable_data<Float16>() = ToFloat16(value_attribute);
        break;
      case DType::kBfloat16:
        *value.mutable_data<Bfloat16>() = ToBfloat16(value_attribute);
        break;
      default:
        if (value_attribute != 0.0f) {
          return Unsupported("attribute 'value': ", value_attribute, " for an input of ", DTypeName(dtype));
        }
    }
    return value;
  }

  // x: any [d...], pads: i64 [2 * n], value: any [] (optional), axes: int [n] (optional) -> any [d + pads...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(pads_attribute ? 1 : 2));
    const Tensor& x = ctx.Input(0);
    const size_t rank = x.rank();
    std::optional<Ints> axes;
    Ints given;
    if (pads_attribute) {
      given = *pads_attribute;
    } else {
      ONEDGE_ASSIGN_OR_RETURN(given, InputIntegers(ctx, 1));
      if (ctx.HasInput(3)) {
        ONEDGE_ASSIGN_OR_RETURN(axes, InputIntegers(ctx, 3));
      }
    }
    ONEDGE_ASSIGN_OR_RETURN(const Ints all, AllPads(given, axes, rank));
    InlineVector<AxisPad, 8> pads;
    Shape shape;
    for (size_t i = 0; i < rank; ++i) {
      ONEDGE_ASSIGN_OR_RETURN(const AxisPad pad, MakeAxisPad(x.dim(i), all[i], all[rank + i]));
      if (mode != PadMode::kConstant && pad.kept == 0 && pad.size() > 0) {
        return InvalidArgument("dimension ", i, " is empty: only the constant mode can pad it");
      }
      pads.push_back(pad);
      shape.push_back(pad.size());
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    if (shape.element_count() > 0) {
      if (mode == PadMode::kConstant) {
        ONEDGE_ASSIGN_OR_RETURN(const Tensor value, PadValue(ctx, x.dtype()));
        ONEDGE_ASSIGN_OR_RETURN(const InputCells cell, InputCells::Of(value, ctx.budget()));
        PadConstant(x.shape(), shape, pads, cell, from, to, ctx.threads());
      } else {
        ONEDGE_RETURN_IF_ERROR(PadFromInput(x.shape(), shape, pads, from, to, ctx.budget()));
      }
    }
    to.Finish();
    return OkStatus();
  }

  static void PadConstant(const Shape& from_shape, const Shape& shape, std::span<const AxisPad> pads,
                          const InputCells& value, const InputCells& from, OutputCells& to, ThreadPool* threads) {
    const auto from_strides = from_shape.Strides();
    const auto to_strides = shape.Strides();
    int64_t from_offset = 0;
    int64_t to_offset = 0;
    CopyAxes axes;
    for (size_t i = 0; i < shape.rank(); ++i) {
      axes.push_back({pads[i].kept, from_strides[i], to_strides[i]});
      from_offset += pads[i].crop * from_strides[i];
      to_offset += pads[i].before * to_strides[i];
    }
    FillCells(to.type(), value.at(0), to.at(0), shape.element_count());
    if (from_shape.element_count() > 0) {
      CopyStrided(to.type(), from.at(from_offset), to.at(to_offset), axes, threads);
    }
  }

  // Every output cell copies an input cell: one table of source offsets for each dimension.
  Status PadFromInput(const Shape& from_shape, const Shape& shape, std::span<const AxisPad> pads,
                      const InputCells& from, OutputCells& to, MemoryBudget* budget) const {
    const auto from_strides = from_shape.Strides();
    const size_t rank = shape.rank();
    size_t entries = 0;
    for (int64_t dim : shape) entries += static_cast<size_t>(dim);
    ONEDGE_ASSIGN_OR_RETURN(const Buffer buffer, Buffer::Allocate(entries * sizeof(int64_t), budget));
    auto* table = reinterpret_cast<int64_t*>(buffer.data());
    InlineVector<int64_t*, 8> tables;
    for (size_t axis = 0; axis < rank; ++axis) {
      tables.push_back(table);
      for (int64_t i = 0; i < shape[axis]; ++i) *table++ = SourceIndex(mode, pads[axis], i) * from_strides[axis];
    }
    const int64_t columns = rank == 0 ? 1 : shape[rank - 1];
    const int64_t rows = shape.element_count() / columns;
    InlineVector<int64_t, 8> index(rank);
    // The kept columns are neighbours in the input, too.
    const AxisPad last = rank == 0 ? AxisPad{} : pads[rank - 1];
    const int64_t kept_begin = rank == 0 ? 0 : std::clamp<int64_t>(last.before, 0, columns);
    const int64_t kept_end = rank == 0 ? 0 : std::clamp<int64_t>(last.before + last.kept, kept_begin, columns);
    DispatchCell(to.type(), [&]<typename T>(std::type_identity<T>) {
      for (int64_t row = 0; row < rows; ++row) {
        int64_t offset = 0;
        for (size_t axis = 0; axis + 1 < rank; ++axis) offset += tables[axis][index[axis]];
        const T* source = from.data<T>() + offset;
        T* target = to.data<T>() + row * columns;
        const auto copy = [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) target[i] = source[rank == 0 ? 0 : tables[rank - 1][i]];
        };
        copy(0, kept_begin);
        if (kept_begin < kept_end) {
          std::copy_n(source + tables[rank - 1][kept_begin], kept_end - kept_begin, target + kept_begin);
        }
        copy(kept_end, columns);
        for (size_t axis = rank - (rank > 0); axis-- > 0;) {
          if (++index[axis] < shape[axis]) break;
          index[axis] = 0;
        }
      }
    });
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Pad>(AttributeReader& attrs) {
  auto op = std::make_unique<Pad>();
  const std::string mode = attrs.String("mode", "constant");
  if (mode == "reflect") {
    op->mode = PadMode::kReflect;
  } else if (mode == "edge") {
    op->mode = PadMode::kEdge;
  } else if (mode == "wrap" && attrs.opset() >= 19) {
    op->mode = PadMode::kWrap;
  } else if (mode != "constant") {
    attrs.FailValue("mode", attrs.opset() >= 19 ? "constant, reflect, edge or wrap" : "constant, reflect or edge",
                    mode);
  }
  if (attrs.opset() < 11) {
    op->pads_attribute.emplace(attrs.RequiredInts(attrs.opset() < 2 ? "paddings" : "pads"));
    op->value_attribute = attrs.Float("value", 0.0f);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

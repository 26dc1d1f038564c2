// Col2Im (ai.onnx 18): adds the columns of sliding blocks to make the image that they were cut from, with any number of
// dimensions.
#include "base/checked_math.h"
#include "ops/movement/cell_ops.h"
#include "ops/movement/dims_math.h"
#include "ops/movement/indices.h"

namespace onedge::ops {

struct Col2Im final : Op {
  std::vector<int64_t> dilations, pads, strides;

  Status InferShapes(ShapeContext& ctx) const override {
    for (size_t i = 0; i < 3; ++i) ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(i));
    const Dims* columns = ctx.InputDims(0);
    const auto image = KnownElements(ctx, 1);
    const auto block = KnownElements(ctx, 2);
    std::optional<Dims> dims;
    if (image) {
      dims = Dims{Dim::Unknown(), Dim::Unknown()};
      if (columns && columns->size() == 3) {
        (*dims)[0] = (*columns)[0];
        if (block) {
          const Dim rows[] = {(*columns)[1]};
          (*dims)[1] = Quotient(rows, *block);
        }
      }
      for (const Dim& dim : *image) dims->push_back(dim);
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // One spatial dimension.
  struct Axis {
    int64_t image, block, positions, dilation, stride, pad;
  };

  Result<std::vector<Axis>> SpatialAxes(std::span<const int64_t> image, std::span<const int64_t> block) const {
    const size_t rank = image.size();
    const auto fits = [rank](const std::vector<int64_t>& list, size_t times) {
      return list.empty() || list.size() == times * rank;
    };
    if (block.size() != rank || rank == 0 || !fits(dilations, 1) || !fits(strides, 1) || !fits(pads, 2)) {
      return InvalidArgument("image_shape, block_shape, dilations, pads and strides differ in length");
    }
    constexpr int64_t kLargest = int64_t{1} << 31;
    std::vector<Axis> axes;
    for (size_t i = 0; i < rank; ++i) {
      Axis axis = {image[i],
                   block[i],
                   0,
                   dilations.empty() ? 1 : dilations[i],
                   strides.empty() ? 1 : strides[i],
                   pads.empty() ? 0 : pads[i]};
      const int64_t end_pad = pads.empty() ? 0 : pads[rank + i];
      for (int64_t value : {axis.image, axis.block, axis.dilation, axis.stride, axis.pad, end_pad}) {
        if (value < 0 || value > kLargest) return InvalidArgument("dimension ", i, ": ", value, " is out of range");
      }
      if (axis.block == 0 || axis.dilation == 0 || axis.stride == 0)
        return InvalidArgument("dimension ", i, ": a size of 0");
      const int64_t span = axis.image + axis.pad + end_pad - axis.dilation * (axis.block - 1) - 1;
      if (span < 0) return InvalidArgument("dimension ", i, ": the block is larger than the padded image");
      axis.positions = span / axis.stride + 1;
      axes.push_back(axis);
    }
    return axes;
  }

  // columns: number [batch, c * block..., positions...], image_shape: i64 [n], block_shape: i64 [n] -> [batch, c,
  // image...]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(3));
    const Tensor& x = ctx.Input(0);
    ONEDGE_ASSIGN_OR_RETURN(const auto image, InputIntegers(ctx, 1));
    ONEDGE_ASSIGN_OR_RETURN(const auto block, InputIntegers(ctx, 2));
    ONEDGE_ASSIGN_OR_RETURN(const std::vector<Axis> axes, SpatialAxes(image, block));
    Shape block_shape;
    Shape position_shape;
    for (const Axis& axis : axes) {
      block_shape.push_back(axis.block);
      position_shape.push_back(axis.positions);
    }
    ONEDGE_RETURN_IF_ERROR(block_shape.Check());
    ONEDGE_RETURN_IF_ERROR(position_shape.Check());
    const int64_t block_count = block_shape.element_count();
    const int64_t position_count = position_shape.element_count();
    if (x.rank() != 3 || x.dim(1) % block_count != 0 || x.dim(2) != position_count) {
      return InvalidArgument("input 0: expected [batch, n * ", block_count, ", ", position_count, "], got ", x);
    }
    const int64_t channels = x.dim(1) / block_count;
    Shape shape = {x.dim(0), channels};
    for (int64_t size : image) shape.push_back(size);
    ONEDGE_ASSIGN_OR_RETURN(const CellOp add, ReduceCell(ScatterReduction::kAdd, x.dtype()));
    ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), shape));
    ClearCells(to.type(), to.at(0), static_cast<size_t>(shape.element_count()));
    const int64_t plane = shape.element_count(2, shape.rank());
    int64_t source = 0;
    for (int64_t n = 0; n < x.dim(0) * channels; ++n) {
      for (int64_t b = 0; b < block_count; ++b) {
        for (int64_t p = 0; p < position_count; ++p, ++source) {
          int64_t offset = 0;
          int64_t stride = 1;
          int64_t block_rest = b;
          int64_t position_rest = p;
          bool inside = true;
          for (size_t i = axes.size(); i-- > 0;) {
            const Axis& axis = axes[i];
            const int64_t place =
                position_rest % axis.positions * axis.stride + block_rest % axis.block * axis.dilation - axis.pad;
            inside = inside && place >= 0 && place < axis.image;
            offset += place * stride;
            stride *= axis.image;
            position_rest /= axis.positions;
            block_rest /= axis.block;
          }
          if (inside) add(to.at(n * plane + offset), from.at(source));
        }
      }
    }
    to.Finish();
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<Col2Im>(AttributeReader& attrs) {
  auto op = std::make_unique<Col2Im>();
  op->dilations = attrs.Ints("dilations");
  op->pads = attrs.Ints("pads");
  op->strides = attrs.Ints("strides");
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

// DepthToSpace (ai.onnx 1; mode since 11) and SpaceToDepth (1): moves blocks of channels to blocks of pixels and back.
#include "ops/movement/dims_math.h"
#include "ops/movement/strided_copy.h"

namespace onedge::ops {
namespace {

// The dims of an image [batch, channels, height, width], or nullptr while the rank is unknown.
Result<const Dims*> ImageDims(const ShapeContext& ctx) {
  ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
  const Dims* dims = ctx.InputDims(0);
  if (dims && dims->size() != 4) return InvalidArgument("input 0: expected rank 4, got rank ", dims->size());
  return dims;
}

Result<Dim> Divide(const Dim& dim, int64_t divisor, std::string_view what) {
  if (!dim.known()) return Dim::Unknown();
  if (dim.value % divisor != 0)
    return InvalidArgument("input 0: ", what, " ", dim.value, " is not a multiple of ", divisor);
  return Dim::Known(dim.value / divisor);
}

// An output axis that is part of an input axis, with these strides.
Status Rearrange(OpContext& ctx, const Shape& to_shape, const CopyAxes& axes) {
  const Tensor& x = ctx.Input(0);
  ONEDGE_ASSIGN_OR_RETURN(const InputCells from, InputCells::Of(x, ctx.budget()));
  ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), to_shape));
  CopyStrided(to.type(), from.at(0), to.at(0), axes, ctx.threads());
  to.Finish();
  return OkStatus();
}

}  // namespace

struct DepthToSpace final : Op {
  int64_t block = 1;
  bool column_row_depth = false;  // mode CRD: the block is the innermost part of the channels; DCR: the outermost

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Dims* const from, ImageDims(ctx));
    Dims dims(4, Dim::Unknown());
    if (from) {
      dims[0] = (*from)[0];
      ONEDGE_ASSIGN_OR_RETURN(dims[1], Divide((*from)[1], block * block, "channels"));
      for (size_t i = 2; i < 4; ++i) {
        const Dim pair[] = {(*from)[i], Dim::Known(block)};
        dims[i] = Product(pair);
      }
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [batch, block * block * c, h, w] -> any [batch, c, block * h, block * w]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() != 4 || x.dim(1) % (block * block) != 0) {
      return InvalidArgument("input 0: expected [batch, n * ", block * block, ", height, width], got ", x);
    }
    const int64_t c = x.dim(1) / (block * block), h = x.dim(2), w = x.dim(3), b = block;
    const int64_t plane = h * w;
    const int64_t channel_from = column_row_depth ? b * b * plane : plane;
    const int64_t row_from = column_row_depth ? b * plane : b * c * plane;
    const int64_t column_from = column_row_depth ? plane : c * plane;
    return Rearrange(ctx, {x.dim(0), c, h * b, w * b},
                     {{x.dim(0), x.dim(1) * plane, x.dim(1) * plane},
                      {c, channel_from, plane * b * b},
                      {h, w, b * w * b},
                      {b, row_from, w * b},
                      {w, 1, b},
                      {b, column_from, 1}});
  }
};

template <>
Result<OpPtr> Parse<DepthToSpace>(AttributeReader& attrs) {
  auto op = std::make_unique<DepthToSpace>();
  op->block = attrs.RequiredInt("blocksize");
  if (op->block < 1 || op->block > 1 << 15) attrs.Fail(CorruptFile("attribute 'blocksize': ", op->block));
  if (attrs.opset() >= 11) {
    const std::string mode = attrs.String("mode", "DCR");
    op->column_row_depth = mode == "CRD";
    if (!op->column_row_depth && mode != "DCR") attrs.FailValue("mode", "DCR or CRD", mode);
  }
  return OpPtr(std::move(op));
}

struct SpaceToDepth final : Op {
  int64_t block = 1;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_ASSIGN_OR_RETURN(const Dims* const from, ImageDims(ctx));
    Dims dims(4, Dim::Unknown());
    if (from) {
      dims[0] = (*from)[0];
      const Dim pair[] = {(*from)[1], Dim::Known(block * block)};
      dims[1] = Product(pair);
      ONEDGE_ASSIGN_OR_RETURN(dims[2], Divide((*from)[2], block, "height"));
      ONEDGE_ASSIGN_OR_RETURN(dims[3], Divide((*from)[3], block, "width"));
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(dims));
    return OkStatus();
  }

  // x: any [batch, c, block * h, block * w] -> any [batch, block * block * c, h, w]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() != 4 || x.dim(2) % block != 0 || x.dim(3) % block != 0) {
      return InvalidArgument("input 0: expected [batch, channels, n * ", block, ", m * ", block, "], got ", x);
    }
    const int64_t c = x.dim(1), h = x.dim(2) / block, w = x.dim(3) / block, b = block;
    const int64_t plane = h * w;
    return Rearrange(ctx, {x.dim(0), c * b * b, h, w},
                     {{x.dim(0), c * plane * b * b, c * plane * b * b},
                      {b, w * b, b * c * plane},
                      {b, 1, c * plane},
                      {c, plane * b * b, plane},
                      {h, b * w * b, w},
                      {w, b, 1}});
  }
};

template <>
Result<OpPtr> Parse<SpaceToDepth>(AttributeReader& attrs) {
  auto op = std::make_unique<SpaceToDepth>();
  op->block = attrs.RequiredInt("blocksize");
  if (op->block < 1 || op->block > 1 << 15) attrs.Fail(CorruptFile("attribute 'blocksize': ", op->block));
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

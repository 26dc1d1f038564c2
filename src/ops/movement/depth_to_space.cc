// DepthToSpace (ai.onnx 1; mode since 11) and SpaceToDepth (1): move blocks of channels to blocks of pixels and back.
// onedge.NhwcDepthToSpace and onedge.NhwcSpaceToDepth: with channels last.
#include "ops/movement/dims_math.h"
#include "ops/movement/strided_copy.h"
#include "ops/nn/channels_last.h"

namespace onedge::ops {
namespace {

Result<Dim> Divide(const Dim& dim, int64_t divisor, std::string_view what) {
  if (!dim.known()) return Dim::Unknown();
  if (dim.value % divisor != 0)
    return InvalidArgument("input 0: ", what, " ", dim.value, " is not a multiple of ", divisor);
  return Dim::Known(dim.value / divisor);
}

// Elements between neighbours in an image.
struct ImageStrides {
  ImageStrides(int64_t c, int64_t h, int64_t w, bool channels_last)
      : image(c * h * w),
        channel(channels_last ? 1 : h * w),
        row(channels_last ? w * c : w),
        column(channels_last ? c : 1) {}
  int64_t image, channel, row, column;
};

struct DepthSpace final : Op {
  int64_t block = 1;
  bool to_space = true;
  bool column_row_depth = false;  // mode CRD: the block is the innermost part of the channels; DCR: the outermost
  bool channels_last = false;

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    const Dims* dims = ctx.InputDims(0);
    if (dims && dims->size() != 4) return InvalidArgument("input 0: expected rank 4, got rank ", dims->size());
    Dims out(4, Dim::Unknown());
    if (dims) {
      const Dims from = channels_last ? ChannelsFirst(*dims) : *dims;
      const Dim times[] = {from[1], Dim::Known(block * block)};
      out[0] = from[0];
      ONEDGE_ASSIGN_OR_RETURN(out[1], to_space ? Divide(from[1], block * block, "channels") : Product(times));
      for (size_t i = 2; i < 4; ++i) {
        const Dim pair[] = {from[i], Dim::Known(block)};
        ONEDGE_ASSIGN_OR_RETURN(
            out[i], to_space ? Result<Dim>(Product(pair)) : Divide(from[i], block, i == 2 ? "height" : "width"));
      }
      if (channels_last) out = ChannelsLast(out);
    }
    ctx.SetOutput(0, ctx.InputDType(0), std::move(out));
    return OkStatus();
  }

  // x: any [batch, block * block * c, h, w] -> any [batch, c, block * h, block * w], or the other way round
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    const int64_t b = block;
    if (x.rank() != 4) return InvalidArgument("input 0: expected rank 4, got ", x);
    const Shape from = channels_last ? ChannelsFirst(x.shape()) : x.shape();
    if (to_space && from[1] % (b * b) != 0) {
      return InvalidArgument("input 0: expected a multiple of ", b * b, " channels, got ", x);
    }
    if (!to_space && (from[2] % b != 0 || from[3] % b != 0)) {
      return InvalidArgument("input 0: expected height and width that are multiples of ", b, ", got ", x);
    }
    const int64_t c = to_space ? from[1] / (b * b) : from[1];
    const int64_t h = to_space ? from[2] : from[2] / b, w = to_space ? from[3] : from[3] / b;
    Shape out = to_space ? Shape{from[0], c, h * b, w * b} : Shape{from[0], c * b * b, h, w};
    if (channels_last) out = ChannelsLast(out);
    const ImageStrides deep(c * b * b, h, w, channels_last), wide(c, h * b, w * b, channels_last);
    const int64_t column = deep.channel * (column_row_depth ? 1 : c);
    // From the outermost to the innermost of the target.
    CopyAxes axes = {{from[0], deep.image, wide.image},
                     {h, deep.row, b * wide.row},
                     {b, column * b, wide.row},
                     {w, deep.column, b * wide.column},
                     {b, column, wide.column}};
    const CopyAxis channels = {c, deep.channel * (column_row_depth ? b * b : 1), wide.channel};
    if (channels_last) {
      axes.push_back(channels);
    } else {
      axes.insert(1, channels);
    }
    if (!to_space) {
      if (!channels_last) std::swap(axes[4], axes[5]);
      for (CopyAxis& axis : axes) std::swap(axis.from, axis.to);
    }
    ONEDGE_ASSIGN_OR_RETURN(const InputCells cells, InputCells::Of(x, ctx.budget()));
    ONEDGE_ASSIGN_OR_RETURN(OutputCells to, OutputCells::Of(ctx, 0, x.dtype(), out));
    CopyStrided(to.type(), cells.at(0), to.at(0), axes, ctx.threads());
    to.Finish();
    return OkStatus();
  }
};

Result<OpPtr> Make(AttributeReader& attrs, bool to_space) {
  auto op = std::make_unique<DepthSpace>();
  op->to_space = to_space;
  op->channels_last = !attrs.node().domain.empty();
  op->block = attrs.RequiredInt("blocksize");
  if (op->block < 1 || op->block > 1 << 15) attrs.Fail(CorruptFile("attribute 'blocksize': ", op->block));
  if (to_space && (attrs.opset() >= 11 || op->channels_last)) {
    const std::string mode = attrs.String("mode", "DCR");
    op->column_row_depth = mode == "CRD";
    if (!op->column_row_depth && mode != "DCR") attrs.FailValue("mode", "DCR or CRD", mode);
  }
  return OpPtr(std::move(op));
}

}  // namespace

template <>
Result<OpPtr> Parse<struct DepthToSpace>(AttributeReader& attrs) {
  return Make(attrs, true);
}
template <>
Result<OpPtr> Parse<struct SpaceToDepth>(AttributeReader& attrs) {
  return Make(attrs, false);
}

}  // namespace onedge::ops

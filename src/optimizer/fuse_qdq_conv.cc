// fuse-qdq-conv: between DequantizeLinears and a QuantizeLinear (QDQ), a Conv becomes QLinearConv and an Add or Mul
// becomes QLinearAdd or QLinearMul; a Relu or Clip before a QuantizeLinear that saturates at the same values goes. The
// sums of the convolution are exact and are rounded once, so a byte differs from that of the floats by at most 1, where
// the float is close to the middle of two steps. The others have the same bits.
#include <algorithm>
#include <cmath>

#include "ops/nn/conv_transpose.h"
#include "ops/quant/quantize.h"
#include "ops/quant/quantize_linear.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

ValueId InputOf(const Node& node, size_t i) { return i < node.inputs.size() ? node.inputs[i] : kNoValue; }

bool IsOne(const Tensor* tensor) { return tensor && tensor->rank() <= 1 && tensor->element_count() == 1; }
bool IsFloat(const Tensor* tensor) { return tensor && tensor->dtype() == DType::kFloat32; }

// One constant scale and zero point for all of a tensor of bytes, and float32 on the other side.
bool HasOneScale(const Rewriter& rewriter, const Node& node) {
  const Tensor* scale = rewriter.constant(node.inputs[1]);
  const ValueId zero_point = InputOf(node, 2);
  return IsFloat(scale) && IsOne(scale) && (zero_point == kNoValue || IsOne(rewriter.constant(zero_point)));
}
bool Dequantizes(const Rewriter& rewriter, const Node& node) {
  const auto& op = *ops::As<ops::DequantizeLinear>(node);
  return ops::IsByte(rewriter.type(node.inputs[0]).dtype) && op.block_size == 0 &&
         (op.output == DType::kUndefined || op.output == DType::kFloat32) && HasOneScale(rewriter, node);
}
bool Quantizes(const Rewriter& rewriter, const Node& node) {
  const auto& op = *ops::As<ops::QuantizeLinear>(node);
  return ops::IsByte(rewriter.type(node.outputs[0]).dtype) && op.block_size == 0 &&
         (op.precision == DType::kUndefined || op.precision == DType::kFloat32) &&
         rewriter.type(node.inputs[0]).dtype == DType::kFloat32 && HasOneScale(rewriter, node);
}
// `axis`: of the filters in the weights.
template <int64_t axis>
bool DequantizesFilters(const Rewriter& rewriter, const Node& node) {
  const auto& op = *ops::As<ops::DequantizeLinear>(node);
  const Tensor* bytes = rewriter.constant(node.inputs[0]);
  const Tensor* scale = rewriter.constant(node.inputs[1]);
  const ValueId zero_point = InputOf(node, 2);
  if (!bytes || !ops::IsByte(bytes->dtype()) || bytes->rank() < 3 || op.block_size != 0 || !IsFloat(scale) ||
      (op.output != DType::kUndefined && op.output != DType::kFloat32)) {
    return false;
  }
  const auto fits = [&](const Tensor* values) {
    return IsOne(values) || (values && values->rank() == 1 && values->dim(0) == bytes->dim(axis) &&
                             (op.axis == axis || op.axis == axis - static_cast<int64_t>(bytes->rank())));
  };
  return fits(scale) && (zero_point == kNoValue || fits(rewriter.constant(zero_point)));
}
// The bias, if any, is of int32 with the product of both scales; the sums fit int32.
bool HasIntegerBias(const Rewriter& rewriter, const Node& conv) {
  const Node& activation = *rewriter.Maker(conv.inputs[0]);
  const Node& filters = *rewriter.Maker(conv.inputs[1]);
  const Tensor& w = *rewriter.constant(filters.inputs[0]);
  const int64_t sums = w.dim(conv.op_type == "Conv" ? 0 : 1);
  double most = sums == 0 ? 0 : 65025.0 * static_cast<double>(w.element_count() / sums);
  if (InputOf(conv, 2) != kNoValue) {
    const Node* bias = rewriter.Producer(conv.inputs[2], "DequantizeLinear");
    if (!bias) return false;
    const Tensor* integers = rewriter.constant(bias->inputs[0]);
    const Tensor* scale = rewriter.constant(bias->inputs[1]);
    if (!integers || integers->dtype() != DType::kInt32 || integers->rank() != 1 || !IsFloat(scale) ||
        (!IsOne(scale) && scale->shape() != integers->shape())) {
      return false;
    }
    if (InputOf(*bias, 2) != kNoValue) {
      const Tensor* zeros = rewriter.constant(bias->inputs[2]);
      if (!zeros || std::any_of(zeros->bytes(), zeros->bytes() + zeros->byte_size(), [](uint8_t b) { return b != 0; }))
        return false;
    }
    const float x_scale = rewriter.constant(activation.inputs[1])->data<float>()[0];
    const Tensor& w_scale = *rewriter.constant(filters.inputs[1]);
    double largest = 0;
    for (int64_t i = 0; i < integers->element_count(); ++i) {
      const double product = static_cast<double>(x_scale) * w_scale.data<float>()[i % w_scale.element_count()];
      const double given = scale->data<float>()[IsOne(scale) ? 0 : i];
      if (!(std::abs(given - product) <= 4e-7 * product)) return false;
      largest = std::max(largest, std::abs(static_cast<double>(integers->data<int32_t>()[i])));
    }
    most += largest;
  }
  return most < 2147483648.0;
}

// The zero point of a DequantizeLinear or QuantizeLinear; a new constant of zeros if it has none.
Result<ValueId> ZeroPointOf(Rewriter& rewriter, const Node& node, DType dtype, MemoryBudget* budget) {
  if (InputOf(node, 2) != kNoValue) return node.inputs[2];
  ONEDGE_ASSIGN_OR_RETURN(Tensor zero, Tensor::Allocate(dtype, {}, budget));
  zero.mutable_bytes()[0] = 0;
  return rewriter.AddConstant(std::move(zero));
}

// A ConvTranspose as a Conv with a filter for each of block * block places, and DepthToSpace (CRD) after it. Output
// block * q + place reads inputs q + t by taps place + pad_begin - block * t; tap k of the Conv has t = k - pads[0].
struct Blocks {
  int64_t block = 0;
  int64_t pad_begin[2], taps[2];  // of the ConvTranspose; of the Conv
  std::vector<int64_t> pads;      // of the Conv
};

// nullopt if the output is not a whole number of blocks, or the Conv would have three times the taps.
std::optional<Blocks> BlocksOf(const ops::ConvTranspose& op, const Tensor& w) {
  const auto& window = op.window;
  const auto at = [](const auto& values, size_t i, int64_t fallback) { return values.empty() ? fallback : values[i]; };
  const auto fits = [](const auto& values, size_t count) { return values.empty() || values.size() == count; };
  if (!fits(window.strides, 2) || !fits(window.dilations, 2) || !fits(window.pads, 4) || !fits(op.output_padding, 2) ||
      !fits(window.kernel, 2)) {
    return std::nullopt;  // an error
  }
  if (w.rank() != 4 || w.element_count() == 0 || w.dim(0) % op.groups != 0 || !op.output_shape.empty() ||
      window.auto_pad != ops::WindowAttributes::AutoPad::kNotSet) {
    return std::nullopt;
  }
  Blocks blocks;
  blocks.block = at(window.strides, 0, 1);
  if (blocks.block == 1) return std::nullopt;
  blocks.pads.resize(4);
  for (size_t i = 0; i < 2; ++i) {
    const int64_t kernel = w.dim(2 + i), begin = at(window.pads, i, 0);
    const int64_t more = kernel + at(op.output_padding, i, 0) - begin - at(window.pads, 2 + i, 0);
    const int64_t ahead = (begin + blocks.block - 1) / blocks.block;  // the largest t
    if (at(window.kernel, i, kernel) != kernel || at(window.strides, i, 1) != blocks.block ||
        at(window.dilations, i, 1) != 1 || more % blocks.block != 0 || kernel <= begin) {
      return std::nullopt;
    }
    blocks.pad_begin[i] = begin;
    blocks.pads[i] = (kernel - 1 - begin) / blocks.block;
    blocks.pads[2 + i] = more / blocks.block - 1 + ahead;
    blocks.taps[i] = ahead + blocks.pads[i] + 1;
    if (blocks.pads[2 + i] < 0) return std::nullopt;
  }
  const auto count = [](int64_t a, int64_t b) { return static_cast<double>(a) * static_cast<double>(b); };
  const double all = count(blocks.taps[0], blocks.taps[1]) * count(blocks.block, blocks.block);
  if (all >= 3 * count(w.dim(2), w.dim(3))) return std::nullopt;
  return blocks;
}

// The weights of the Conv, [M * block * block, C / groups, taps...], of w [C, M / groups, kernel...]; zero points where
// a place has no tap.
Result<Tensor> WeightsOfPlaces(const Blocks& blocks, const Tensor& w, const Tensor& zeros, int64_t groups,
                               MemoryBudget* budget) {
  const int64_t channels = w.dim(0) / groups, filters = w.dim(1), b = blocks.block;
  const int64_t size = channels * blocks.taps[0] * blocks.taps[1];
  ONEDGE_ASSIGN_OR_RETURN(
      Tensor out,
      Tensor::Allocate(w.dtype(), {groups * filters * b * b, channels, blocks.taps[0], blocks.taps[1]}, budget));
  for (int64_t f = 0; f < out.dim(0); ++f) {
    const int64_t m = f / (b * b) % filters;
    std::fill_n(out.mutable_bytes() + f * size, size, zeros.bytes()[IsOne(&zeros) ? 0 : m]);
    const int64_t group = f / (b * b) / filters, place[] = {f / b % b, f % b};
    for (int64_t i = 0; i < size; ++i) {
      const int64_t channel = group * channels + i / (blocks.taps[0] * blocks.taps[1]);
      const int64_t tap[] = {i / blocks.taps[1] % blocks.taps[0], i % blocks.taps[1]};
      int64_t from[2];
      for (size_t a = 0; a < 2; ++a) from[a] = place[a] + blocks.pad_begin[a] - b * (tap[a] - blocks.pads[a]);
      if (from[0] < 0 || from[0] >= w.dim(2) || from[1] < 0 || from[1] >= w.dim(3)) continue;
      out.mutable_bytes()[f * size + i] =
          w.bytes()[((channel * filters + m) * w.dim(2) + from[0]) * w.dim(3) + from[1]];
    }
  }
  return out;
}

// Each element of a vector `times` in turn, all of it `rounds` times; one element stays as it is.
Result<ValueId> Repeated(Rewriter& rewriter, ValueId id, int64_t times, int64_t rounds, MemoryBudget* budget) {
  const Tensor& values = *rewriter.constant(id);
  if (IsOne(&values)) return id;
  const int64_t count = values.element_count();
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(values.dtype(), {rounds * count * times}, budget));
  const size_t bytes = DTypeBits(values.dtype()) / 8;
  for (int64_t i = 0; i < out.element_count(); ++i) {
    std::copy_n(values.bytes() + static_cast<size_t>(i / times % count) * bytes, bytes,
                out.mutable_bytes() + static_cast<size_t>(i) * bytes);
  }
  return rewriter.AddConstant(std::move(out));
}

// Node `i` quantizes the ConvTranspose `old`.
Status ReplaceTransposed(Rewriter& rewriter, size_t i, const Node& old, MemoryBudget* budget) {
  const Node to = rewriter.node(i);
  const Node filters = *rewriter.Maker(old.inputs[1]);
  const auto& op = *ops::As<ops::ConvTranspose>(old);
  const Tensor& w = *rewriter.constant(filters.inputs[0]);
  const auto blocks = BlocksOf(op, w);
  if (!blocks) {
    rewriter.Miss(i, "expected strides that divide the output, without dilations");
    return OkStatus();
  }
  ONEDGE_ASSIGN_OR_RETURN(const ValueId zero, ZeroPointOf(rewriter, filters, w.dtype(), budget));
  const Tensor zeros = *rewriter.constant(zero);
  ONEDGE_ASSIGN_OR_RETURN(Tensor weights, WeightsOfPlaces(*blocks, w, zeros, op.groups, budget));
  const int64_t places = blocks->block * blocks->block;
  const auto dequantized = [&](ValueId bytes, ValueId scale, ValueId zero_point) {
    return rewriter.Add({"DequantizeLinear", {bytes, scale, zero_point}, {{"axis", int64_t{0}}}, "", 13});
  };
  ONEDGE_ASSIGN_OR_RETURN(const ValueId scale, Repeated(rewriter, filters.inputs[1], places, op.groups, budget));
  ONEDGE_ASSIGN_OR_RETURN(const ValueId offset, Repeated(rewriter, zero, places, op.groups, budget));
  ONEDGE_ASSIGN_OR_RETURN(const ValueId moved, dequantized(rewriter.AddConstant(std::move(weights)), scale, offset));
  std::vector<ValueId> inputs = {old.inputs[0], moved};
  if (InputOf(old, 2) != kNoValue) {
    const Node bias = *rewriter.Maker(old.inputs[2]);
    ONEDGE_ASSIGN_OR_RETURN(const ValueId integers, Repeated(rewriter, bias.inputs[0], places, 1, budget));
    ONEDGE_ASSIGN_OR_RETURN(const ValueId scales, Repeated(rewriter, bias.inputs[1], places, 1, budget));
    ONEDGE_ASSIGN_OR_RETURN(inputs.emplace_back(), dequantized(integers, scales, kNoValue));
  }
  ONEDGE_ASSIGN_OR_RETURN(
      const ValueId conv,
      rewriter.Add({"Conv", std::move(inputs), {{"pads", blocks->pads}, {"group", op.groups}}, "", 11}));
  std::vector<ValueId> rest = to.inputs;
  rest[0] = conv;
  ONEDGE_ASSIGN_OR_RETURN(const ValueId bytes,
                          rewriter.Add({"QuantizeLinear", std::move(rest), to.attributes, "", to.opset}));
  return rewriter
      .Replace(i, {"DepthToSpace",
                   {bytes},
                   {{"blocksize", blocks->block}, {"mode", std::string("CRD")}},
                   "",
                   13,
                   to.outputs[0]})
      .status();
}

// The quotients that `quantize` does not saturate: [low, high].
struct Range {
  float scale, low, high;
};
Range RangeOf(const Rewriter& rewriter, const Node& quantize) {
  const bool is_signed = rewriter.type(quantize.outputs[0]).dtype == DType::kInt8;
  const Tensor* zero = InputOf(quantize, 2) == kNoValue ? nullptr : rewriter.constant(quantize.inputs[2]);
  const int zero_point = !zero ? 0 : is_signed ? int{*zero->data<int8_t>()} : int{*zero->data<uint8_t>()};
  return {rewriter.constant(quantize.inputs[1])->data<float>()[0],
          static_cast<float>((is_signed ? -128 : 0) - zero_point),
          static_cast<float>((is_signed ? 127 : 255) - zero_point)};
}

// True if values below `lowest` and above `highest` give the same bytes as these.
bool SaturatesAt(const Range& range, double lowest, double highest) {
  const auto round = [&](double value) {
    return ops::RoundQuotient(static_cast<float>(value), range.scale, -4e6f, 4e6f);
  };
  return range.scale > 0 && static_cast<float>(round(lowest)) <= range.low &&
         static_cast<float>(round(highest)) >= range.high;
}

// Quantize(Relu(x)) and Quantize(Clip(x)) that are Quantize(x).
Result<bool> DropLimits(Rewriter& rewriter, size_t i) {
  const Node quantize = rewriter.node(i);
  const Node* limit = rewriter.Maker(quantize.inputs[0]);
  if (!limit || !limit->domain.empty()) return false;
  double lowest = 0, highest = HUGE_VAL;
  if (limit->op_type == "Clip" && limit->opset >= 11) {
    lowest = -HUGE_VAL;
    if (InputOf(*limit, 1) != kNoValue) {
      const auto value = rewriter.Scalar(limit->inputs[1]);
      if (!value) return false;
      lowest = *value;
    }
    if (InputOf(*limit, 2) != kNoValue) {
      const auto value = rewriter.Scalar(limit->inputs[2]);
      if (!value) return false;
      highest = *value;
    }
  } else if (limit->op_type != "Relu") {
    return false;
  }
  if (!SaturatesAt(RangeOf(rewriter, quantize), lowest, highest)) return false;
  std::vector<ValueId> inputs = quantize.inputs;
  inputs[0] = limit->inputs[0];
  return rewriter.Replace(i, {"QuantizeLinear", std::move(inputs), quantize.attributes, "", quantize.opset});
}

Result<bool> DropLimits(graph::Graph& graph, const PassContext& ctx) {
  Rewriter rewriter(graph, ctx);
  const auto any =
      Op("QuantizeLinear", {Any("x"), Constant("scale of y")}).Where(Quantizes, "to 8 bits with one constant scale");
  for (size_t i = 0; i < rewriter.node_count(); ++i) {
    if (rewriter.Find(any, i)) ONEDGE_RETURN_IF_ERROR(DropLimits(rewriter, i).status());
  }
  return rewriter.Finish();
}

}  // namespace

Result<bool> FuseQdqConv(graph::Graph& graph, const PassContext& ctx) {
  ONEDGE_ASSIGN_OR_RETURN(const bool dropped, DropLimits(graph, ctx));  // so that nothing else reads the convolutions
  const auto y_scale = Constant("scale of y");
  const auto dequantized = [](const char* name) {
    return Op("DequantizeLinear", {Any(name), Constant("its scale")})
        .Where(Dequantizes, "8 bits with one constant scale and float32 results")
        .Shared();
  };
  const auto a = dequantized("a"), b = dequantized("b");
  const auto filters = Op("DequantizeLinear", {Constant("filters"), Constant("their scales")})
                           .Where(DequantizesFilters<0>, "constant filters of 8 bits with constant scales")
                           .Shared();
  const auto transposed_filters = Op("DequantizeLinear", {Constant("filters"), Constant("their scales")})
                                      .Where(DequantizesFilters<1>, "constant filters of 8 bits with constant scales")
                                      .Shared();
  const auto sums_of = [&](const char* op_type, const Pattern& w) {
    return Op(op_type, {a, w}).Where(HasIntegerBias, "a bias of int32 with the product of both scales");
  };
  const auto conv = sums_of("Conv", filters), transposed = sums_of("ConvTranspose", transposed_filters);
  const auto quantize = [&](const Pattern& pattern) {
    return Op("QuantizeLinear", {pattern, y_scale}).Where(Quantizes, "to 8 bits with one constant scale");
  };
  const auto convolution = quantize(conv), blocks = quantize(transposed), sum = quantize(Op("Add", {a, b})),
             product = quantize(Op("Mul", {a, b}));

  Rewriter rewriter(graph, ctx);
  // The inputs of a DequantizeLinear: bytes, scale, zero point.
  const auto append = [&](ValueId value, std::vector<ValueId>& inputs) -> Status {
    const Node from = *rewriter.Maker(value);
    ONEDGE_ASSIGN_OR_RETURN(const ValueId zero,
                            ZeroPointOf(rewriter, from, rewriter.type(from.inputs[0]).dtype, ctx.budget));
    inputs.insert(inputs.end(), {from.inputs[0], from.inputs[1], zero});
    return OkStatus();
  };
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    const auto match = rewriter.Find(blocks, i, 4);
    if (!match) continue;
    const Node old = *rewriter.Maker((*match)[transposed]);
    ONEDGE_RETURN_IF_ERROR(ReplaceTransposed(rewriter, i, old, ctx.budget));
  }
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    const auto match = rewriter.Find(convolution, i, 4);
    if (!match) continue;
    const Node to = rewriter.node(i);
    const Node old = *rewriter.Maker((*match)[conv]);
    std::vector<ValueId> inputs;
    ONEDGE_RETURN_IF_ERROR(append((*match)[a], inputs));
    ONEDGE_RETURN_IF_ERROR(append((*match)[filters], inputs));
    const Tensor& w_scale = *rewriter.constant(inputs[4]);
    const Tensor& w_zero = *rewriter.constant(inputs[5]);
    if (!IsOne(&w_scale) && IsOne(&w_zero) && w_zero.bytes()[0] != 0) continue;  // ONNX gives both one shape
    ONEDGE_ASSIGN_OR_RETURN(const ValueId zero,
                            ZeroPointOf(rewriter, to, rewriter.type(to.outputs[0]).dtype, ctx.budget));
    inputs.insert(inputs.end(), {to.inputs[1], zero});
    if (InputOf(old, 2) != kNoValue) inputs.push_back(rewriter.Maker(old.inputs[2])->inputs[0]);
    ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"QLinearConv", std::move(inputs), old.attributes, "", 10}).status());
  }
  for (const Pattern& pattern : {sum, product}) {
    for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
      const auto match = rewriter.Find(pattern, i, 3);
      if (!match) continue;
      const Node to = rewriter.node(i);
      const DType dtype = rewriter.type(to.outputs[0]).dtype;
      std::vector<ValueId> inputs;
      ONEDGE_RETURN_IF_ERROR(append((*match)[a], inputs));
      ONEDGE_RETURN_IF_ERROR(append((*match)[b], inputs));
      if (rewriter.type(inputs[0]).dtype != dtype || rewriter.type(inputs[3]).dtype != dtype) {
        rewriter.Miss(i, "expected one dtype for both operands and the result");
        continue;
      }
      ONEDGE_ASSIGN_OR_RETURN(const ValueId zero, ZeroPointOf(rewriter, to, dtype, ctx.budget));
      inputs.insert(inputs.end(), {to.inputs[1], zero});
      const char* type = pattern.get() == sum.get() ? "QLinearAdd" : "QLinearMul";
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {type, std::move(inputs), {}, "com.microsoft", 1}).status());
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(const bool fused, rewriter.Finish());
  return dropped || fused;
}

}  // namespace onedge::optimizer

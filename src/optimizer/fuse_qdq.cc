// fuse-qdq (convolutions: fuse_qdq_conv.cc): a MatMul or Gemm of an activation and a constant matrix that
// DequantizeLinears make, as tools for static quantization write them (QDQ), becomes the product of the integers, times
// both scales. The product is exact.
#include <algorithm>

#include "ops/nn/gemm.h"
#include "ops/quant/quantize.h"
#include "ops/quant/quantize_linear.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

// So many products of two differences of 8 bits have a sum that fits int32.
constexpr int64_t kMaxRows = 33025;

ValueId ZeroPointOf(const Node& dequantize) { return dequantize.inputs.size() > 2 ? dequantize.inputs[2] : kNoValue; }

// True if all of the tensor has one scale, which is constant, and the results are float32.
bool HasOneScale(const Rewriter& rewriter, const Node& node) {
  const auto& op = *ops::As<ops::DequantizeLinear>(node);
  const Tensor* scale = rewriter.constant(node.inputs[1]);
  const Tensor* zero_point = ZeroPointOf(node) == kNoValue ? nullptr : rewriter.constant(ZeroPointOf(node));
  const auto is_one = [](const Tensor& tensor) { return tensor.rank() <= 1 && tensor.element_count() == 1; };
  return ops::IsByte(rewriter.type(node.inputs[0]).dtype) && op.block_size == 0 &&
         (op.output == DType::kUndefined || op.output == DType::kFloat32) && scale &&
         scale->dtype() == DType::kFloat32 && is_one(*scale) &&
         (ZeroPointOf(node) == kNoValue || (zero_point && is_one(*zero_point)));
}

// True if it makes a matrix of a constant one.
bool MakesAMatrix(const Rewriter& rewriter, const Node& node) {
  const auto& op = *ops::As<ops::DequantizeLinear>(node);
  const Tensor* bytes = rewriter.constant(node.inputs[0]);
  const Tensor* scale = rewriter.constant(node.inputs[1]);
  return bytes && ops::IsByte(bytes->dtype()) && bytes->rank() == 2 && op.block_size == 0 &&
         (op.output == DType::kUndefined || op.output == DType::kFloat32) && scale &&
         scale->dtype() == DType::kFloat32 && scale->rank() <= 1 &&
         (ZeroPointOf(node) == kNoValue || rewriter.constant(ZeroPointOf(node)));
}

bool IsUnscaledGemm(const Rewriter&, const Node& node) {
  const auto& gemm = *ops::As<ops::Gemm>(node);
  return !gemm.trans_a && gemm.alpha == 1 && gemm.beta == 1;
}

// One value, or one for each column, where `axis` is the axis of the columns.
bool FitsColumns(const Tensor& values, int64_t columns, int64_t axis, int64_t column_axis) {
  if (values.element_count() == 1) return true;
  return values.rank() == 1 && values.dim(0) == columns && (axis == column_axis || axis == column_axis - 2);
}

Result<Tensor> Transposed(const Tensor& matrix, MemoryBudget* budget) {
  const int64_t rows = matrix.dim(0), columns = matrix.dim(1);
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(matrix.dtype(), {columns, rows}, budget));
  for (int64_t i = 0; i < rows; ++i) {
    for (int64_t j = 0; j < columns; ++j) out.mutable_bytes()[j * rows + i] = matrix.bytes()[i * columns + j];
  }
  return out;
}

Result<Tensor> ProductOfScales(float x_scale, const Tensor& scale, MemoryBudget* budget) {
  const Shape shape = scale.element_count() == 1 ? Shape() : scale.shape();
  ONEDGE_ASSIGN_OR_RETURN(Tensor out, Tensor::Allocate(DType::kFloat32, shape, budget));
  for (int64_t i = 0; i < out.element_count(); ++i) {
    out.mutable_data<float>()[i] = x_scale * scale.data<float>()[i];
  }
  return out;
}

}  // namespace

Result<bool> FuseQdq(graph::Graph& graph, const PassContext& ctx) {
  const auto x = Any("x"), x_scale = Constant("scale of x");
  const auto weight = Constant("weight"), weight_scale = Constant("scale of the weight");
  const auto activation = Op("DequantizeLinear", {x, x_scale})
                              .Where(HasOneScale, "8 bits with one constant scale and float32 results")
                              .Shared();
  const auto matrix = Op("DequantizeLinear", {weight, weight_scale})
                          .Where(MakesAMatrix, "a constant matrix of 8 bits with constant scales")
                          .Shared();
  const auto gemm = Op("Gemm", {activation, matrix}).Where(IsUnscaledGemm, "a Gemm without transA, alpha and beta");

  Rewriter rewriter(graph, ctx);
  for (const Pattern& pattern : {Op("MatMul", {activation, matrix}), gemm}) {
    for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
      const auto match = rewriter.Find(pattern, i);
      if (!match) continue;
      const Node old = rewriter.node(i);
      const auto* op = ops::As<ops::Gemm>(old);
      const bool transposed = op && op->trans_b;
      const Node& from = *rewriter.Maker((*match)[matrix]);
      const ValueId x_zero_point = ZeroPointOf(*rewriter.Maker((*match)[activation]));
      const ValueId zero_point = ZeroPointOf(from);
      const Tensor& bytes = *rewriter.constant((*match)[weight]);
      const Tensor& scale = *rewriter.constant((*match)[weight_scale]);
      const int64_t axis = ops::As<ops::DequantizeLinear>(from)->axis;
      const int64_t column_axis = transposed ? 0 : 1;
      const int64_t columns = bytes.dim(static_cast<size_t>(column_axis));
      const auto fits = [&](const Tensor& values) { return FitsColumns(values, columns, axis, column_axis); };
      if (!fits(scale) || (zero_point != kNoValue && !fits(*rewriter.constant(zero_point)))) {
        rewriter.Miss(i, StrCat("expected a scale of the weight for each of the ", columns, " columns, or one"));
        continue;
      }
      const graph::TypeInfo& x_type = rewriter.type((*match)[x]);
      if (!x_type.dims || x_type.dims->size() < 2 || (op && x_type.dims->size() > 2)) {
        rewriter.Miss(i, StrCat("expected ", op ? "a matrix" : "two dimensions or more", ", got ",
                                x_type.ToString(*graph.symbols)));
        continue;
      }
      if (bytes.dim(transposed ? 1 : 0) > kMaxRows) {
        rewriter.Miss(i, StrCat("expected at most ", kMaxRows, " rows of the weight"));
        continue;
      }
      Result<Tensor> scales =
          ProductOfScales(rewriter.constant((*match)[x_scale])->data<float>()[0], scale, ctx.budget);
      Result<Tensor> turned = transposed ? Transposed(bytes, ctx.budget) : Result<Tensor>(Tensor());
      if (!scales.ok() || !turned.ok()) {  // the model may fit without the fusion
        rewriter.Miss(i, "no memory for the scales and the transposed weight");
        continue;
      }
      const ValueId matrix_of_bytes = transposed ? rewriter.AddConstant(std::move(turned).value()) : (*match)[weight];
      ONEDGE_ASSIGN_OR_RETURN(
          const ValueId sums,
          rewriter.Add({"MatMulInteger", {(*match)[x], matrix_of_bytes, x_zero_point, zero_point}, {}, "", 10}));
      ONEDGE_ASSIGN_OR_RETURN(const ValueId floats,
                              rewriter.Add({"Cast", {sums}, {{"to", static_cast<int64_t>(DType::kFloat32)}}, "", 13}));
      const std::vector<ValueId> factors = {floats, rewriter.AddConstant(std::move(scales).value())};
      if (old.inputs.size() < 3 || old.inputs[2] == kNoValue) {
        ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"Mul", factors, {}, "", 14}).status());
        continue;
      }
      ONEDGE_ASSIGN_OR_RETURN(const ValueId product, rewriter.Add({"Mul", factors, {}, "", 14}));
      ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, {"Add", {product, old.inputs[2]}, {}, "", 14}).status());
    }
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer

#include "ops/registry.h"

#include <algorithm>
#include <iterator>

#include "base/trimmed.h"

namespace onedge::ops {

// `onedge trim` writes this parser over those of the operators that it leaves out.
static Result<OpPtr> ParseTrimmed(AttributeReader& attrs) {
  const graph::Node& node = attrs.node();
  return Unsupported("operator ", node.domain.empty() ? "ai.onnx" : node.domain, ".", node.op_type, kTrimmed);
}

// The one table: domain, name, first and last opset, parser. Sorted by name within a domain.
static constexpr OpEntry kOps[] = {
    {"", "Abs", 1, kLatest, Parse<struct Abs>},
    {"", "Acos", 7, kLatest, Parse<struct Acos>},
    {"", "Acosh", 9, kLatest, Parse<struct Acosh>},
    {"", "Add", 1, kLatest, Parse<struct Add>},
    {"", "AffineGrid", 20, kLatest, Parse<struct AffineGrid>},
    {"", "And", 1, kLatest, Parse<struct And>},
    {"", "ArgMax", 1, kLatest, Parse<struct ArgMax>},
    {"", "ArgMin", 1, kLatest, Parse<struct ArgMin>},
    {"", "Asin", 7, kLatest, Parse<struct Asin>},
    {"", "Asinh", 9, kLatest, Parse<struct Asinh>},
    {"", "Atan", 7, kLatest, Parse<struct Atan>},
    {"", "Atanh", 9, kLatest, Parse<struct Atanh>},
    {"", "Attention", 23, kLatest, Parse<struct Attention>},
    {"", "AveragePool", 1, kLatest, Parse<struct AveragePool>},
    {"", "BatchNormalization", 1, kLatest, Parse<struct BatchNormalization>},
    {"", "Bernoulli", 15, kLatest, Parse<struct Bernoulli>},
    {"", "BitCast", 26, kLatest, Parse<struct BitCast>},
    {"", "BitShift", 11, kLatest, Parse<struct BitShift>},
    {"", "BitwiseAnd", 18, kLatest, Parse<struct BitwiseAnd>},
    {"", "BitwiseNot", 18, kLatest, Parse<struct BitwiseNot>},
    {"", "BitwiseOr", 18, kLatest, Parse<struct BitwiseOr>},
    {"", "BitwiseXor", 18, kLatest, Parse<struct BitwiseXor>},
    {"", "BlackmanWindow", 17, kLatest, Parse<struct BlackmanWindow>},
    {"", "Cast", 1, kLatest, Parse<struct Cast>},
    {"", "CastLike", 15, kLatest, Parse<struct CastLike>},
    {"", "CausalConvWithState", 27, kLatest, Parse<struct CausalConvWithState>},
    {"", "Ceil", 1, kLatest, Parse<struct Ceil>},
    {"", "Celu", 12, kLatest, Parse<struct Celu>},
    {"", "CenterCropPad", 18, kLatest, Parse<struct CenterCropPad>},
    {"", "Clip", 1, kLatest, Parse<struct Clip>},
    {"", "Col2Im", 18, kLatest, Parse<struct Col2Im>},
    {"", "Compress", 9, kLatest, Parse<struct Compress>},
    {"", "Concat", 1, kLatest, Parse<struct Concat>},
    {"", "ConcatFromSequence", 11, kLatest, Parse<struct ConcatFromSequence>},
    {"", "Constant", 1, kLatest, Parse<struct Constant>},
    {"", "ConstantOfShape", 9, kLatest, Parse<struct ConstantOfShape>},
    {"", "Conv", 1, kLatest, Parse<struct Conv>},
    {"", "ConvInteger", 10, kLatest, Parse<struct ConvInteger>},
    {"", "ConvTranspose", 1, kLatest, Parse<struct ConvTranspose>},
    {"", "Cos", 7, kLatest, Parse<struct Cos>},
    {"", "Cosh", 9, kLatest, Parse<struct Cosh>},
    {"", "CumProd", 26, kLatest, Parse<struct CumProd>},
    {"", "CumSum", 11, kLatest, Parse<struct CumSum>},
    {"", "DFT", 17, kLatest, Parse<struct DFT>},
    {"", "DeformConv", 19, kLatest, Parse<struct DeformConv>},
    {"", "DepthToSpace", 1, kLatest, Parse<struct DepthToSpace>},
    {"", "DequantizeLinear", 10, kLatest, Parse<struct DequantizeLinear>},
    {"", "Det", 11, kLatest, Parse<struct Det>},
    {"", "Div", 1, kLatest, Parse<struct Div>},
    {"", "Dropout", 1, kLatest, Parse<struct Dropout>},
    {"", "DynamicQuantizeLinear", 11, kLatest, Parse<struct DynamicQuantizeLinear>},
    {"", "Einsum", 12, kLatest, Parse<struct Einsum>},
    {"", "Elu", 1, kLatest, Parse<struct Elu>},
    {"", "Equal", 1, kLatest, Parse<struct Equal>},
    {"", "Erf", 9, kLatest, Parse<struct Erf>},
    {"", "Exp", 1, kLatest, Parse<struct Exp>},
    {"", "Expand", 8, kLatest, Parse<struct Expand>},
    {"", "EyeLike", 9, kLatest, Parse<struct EyeLike>},
    {"", "Flatten", 1, kLatest, Parse<struct Flatten>},
    {"", "Floor", 1, kLatest, Parse<struct Floor>},
    {"", "GRU", 1, kLatest, Parse<struct GRU>},
    {"", "Gather", 1, kLatest, Parse<struct Gather>},
    {"", "GatherElements", 11, kLatest, Parse<struct GatherElements>},
    {"", "GatherND", 11, kLatest, Parse<struct GatherND>},
    {"", "Gelu", 20, kLatest, Parse<struct Gelu>},
    {"", "Gemm", 1, kLatest, Parse<struct Gemm>},
    {"", "GlobalAveragePool", 1, kLatest, Parse<struct GlobalAveragePool>},
    {"", "GlobalLpPool", 1, kLatest, Parse<struct GlobalLpPool>},
    {"", "GlobalMaxPool", 1, kLatest, Parse<struct GlobalMaxPool>},
    {"", "Greater", 1, kLatest, Parse<struct Greater>},
    {"", "GreaterOrEqual", 12, kLatest, Parse<struct GreaterOrEqual>},
    {"", "GridSample", 16, kLatest, Parse<struct GridSample>},
    {"", "GroupNormalization", 18, kLatest, Parse<struct GroupNormalization>},
    {"", "HammingWindow", 17, kLatest, Parse<struct HammingWindow>},
    {"", "HannWindow", 17, kLatest, Parse<struct HannWindow>},
    {"", "HardSigmoid", 1, kLatest, Parse<struct HardSigmoid>},
    {"", "HardSwish", 14, kLatest, Parse<struct HardSwish>},
    {"", "Hardmax", 1, kLatest, Parse<struct Hardmax>},
    {"", "Identity", 1, kLatest, Parse<struct Identity>},
    {"", "If", 1, kLatest, Parse<struct If>},
    {"", "InstanceNormalization", 1, kLatest, Parse<struct InstanceNormalization>},
    {"", "IsInf", 10, kLatest, Parse<struct IsInf>},
    {"", "IsNaN", 9, kLatest, Parse<struct IsNaN>},
    {"", "LRN", 1, kLatest, Parse<struct LRN>},
    {"", "LSTM", 1, kLatest, Parse<struct LSTM>},
    {"", "LayerNormalization", 17, kLatest, Parse<struct LayerNormalization>},
    {"", "LeakyRelu", 1, kLatest, Parse<struct LeakyRelu>},
    {"", "Less", 1, kLatest, Parse<struct Less>},
    {"", "LessOrEqual", 12, kLatest, Parse<struct LessOrEqual>},
    {"", "LinearAttention", 27, kLatest, Parse<struct LinearAttention>},
    {"", "Log", 1, kLatest, Parse<struct Log>},
    {"", "LogSoftmax", 1, kLatest, Parse<struct LogSoftmax>},
    {"", "Loop", 1, kLatest, Parse<struct Loop>},
    {"", "LpNormalization", 1, kLatest, Parse<struct LpNormalization>},
    {"", "LpPool", 1, kLatest, Parse<struct LpPool>},
    {"", "MatMul", 1, kLatest, Parse<struct MatMul>},
    {"", "MatMulInteger", 10, kLatest, Parse<struct MatMulInteger>},
    {"", "Max", 1, kLatest, Parse<struct Max>},
    {"", "MaxPool", 1, kLatest, Parse<struct MaxPool>},
    {"", "MaxRoiPool", 1, kLatest, Parse<struct MaxRoiPool>},
    {"", "MaxUnpool", 9, kLatest, Parse<struct MaxUnpool>},
    {"", "Mean", 1, kLatest, Parse<struct Mean>},
    {"", "MeanVarianceNormalization", 9, kLatest, Parse<struct MeanVarianceNormalization>},
    {"", "MelWeightMatrix", 17, kLatest, Parse<struct MelWeightMatrix>},
    {"", "Min", 1, kLatest, Parse<struct Min>},
    {"", "Mish", 18, kLatest, Parse<struct Mish>},
    {"", "Mod", 10, kLatest, Parse<struct Mod>},
    {"", "Mul", 1, kLatest, Parse<struct Mul>},
    {"", "Multinomial", 7, kLatest, Parse<struct Multinomial>},
    {"", "Neg", 1, kLatest, Parse<struct Neg>},
    {"", "NegativeLogLikelihoodLoss", 12, kLatest, Parse<struct NegativeLogLikelihoodLoss>},
    {"", "NonMaxSuppression", 10, kLatest, Parse<struct NonMaxSuppression>},
    {"", "NonZero", 9, kLatest, Parse<struct NonZero>},
    {"", "Not", 1, kLatest, Parse<struct Not>},
    {"", "OneHot", 9, kLatest, Parse<struct OneHot>},
    {"", "Optional", 15, kLatest, Parse<struct Optional>},
    {"", "OptionalGetElement", 15, kLatest, Parse<struct OptionalGetElement>},
    {"", "OptionalHasElement", 15, kLatest, Parse<struct OptionalHasElement>},
    {"", "Or", 1, kLatest, Parse<struct Or>},
    {"", "PRelu", 1, kLatest, Parse<struct PRelu>},
    {"", "Pad", 1, kLatest, Parse<struct Pad>},
    {"", "Pow", 1, kLatest, Parse<struct Pow>},
    {"", "QLinearConv", 10, kLatest, Parse<struct QLinearConv>},
    {"", "QLinearMatMul", 10, kLatest, Parse<struct QLinearMatMul>},
    {"", "QuantizeLinear", 10, kLatest, Parse<struct QuantizeLinear>},
    {"", "RMSNormalization", 23, kLatest, Parse<struct RMSNormalization>},
    {"", "RNN", 1, kLatest, Parse<struct RNN>},
    {"", "RandomNormal", 1, kLatest, Parse<struct RandomNormal>},
    {"", "RandomNormalLike", 1, kLatest, Parse<struct RandomNormalLike>},
    {"", "RandomUniform", 1, kLatest, Parse<struct RandomUniform>},
    {"", "RandomUniformLike", 1, kLatest, Parse<struct RandomUniformLike>},
    {"", "Range", 11, kLatest, Parse<struct Range>},
    {"", "Reciprocal", 1, kLatest, Parse<struct Reciprocal>},
    {"", "ReduceL1", 1, kLatest, Parse<struct ReduceL1>},
    {"", "ReduceL2", 1, kLatest, Parse<struct ReduceL2>},
    {"", "ReduceLogSum", 1, kLatest, Parse<struct ReduceLogSum>},
    {"", "ReduceLogSumExp", 1, kLatest, Parse<struct ReduceLogSumExp>},
    {"", "ReduceMax", 1, kLatest, Parse<struct ReduceMax>},
    {"", "ReduceMean", 1, kLatest, Parse<struct ReduceMean>},
    {"", "ReduceMin", 1, kLatest, Parse<struct ReduceMin>},
    {"", "ReduceProd", 1, kLatest, Parse<struct ReduceProd>},
    {"", "ReduceSum", 1, kLatest, Parse<struct ReduceSum>},
    {"", "ReduceSumSquare", 1, kLatest, Parse<struct ReduceSumSquare>},
    {"", "RegexFullMatch", 20, kLatest, Parse<struct RegexFullMatch>},
    {"", "Relu", 1, kLatest, Parse<struct Relu>},
    {"", "Reshape", 1, kLatest, Parse<struct Reshape>},
    {"", "Resize", 10, kLatest, Parse<struct Resize>},
    {"", "ReverseSequence", 10, kLatest, Parse<struct ReverseSequence>},
    {"", "RoiAlign", 10, kLatest, Parse<struct RoiAlign>},
    {"", "RotaryEmbedding", 23, kLatest, Parse<struct RotaryEmbedding>},
    {"", "Round", 11, kLatest, Parse<struct Round>},
    {"", "STFT", 17, kLatest, Parse<struct STFT>},
    {"", "Scan", 8, kLatest, Parse<struct Scan>},
    {"", "Scatter", 9, 10, Parse<struct ScatterElements>},
    {"", "ScatterElements", 11, kLatest, Parse<struct ScatterElements>},
    {"", "ScatterND", 11, kLatest, Parse<struct ScatterND>},
    {"", "Selu", 1, kLatest, Parse<struct Selu>},
    {"", "SequenceAt", 11, kLatest, Parse<struct SequenceAt>},
    {"", "SequenceConstruct", 11, kLatest, Parse<struct SequenceConstruct>},
    {"", "SequenceEmpty", 11, kLatest, Parse<struct SequenceEmpty>},
    {"", "SequenceErase", 11, kLatest, Parse<struct SequenceErase>},
    {"", "SequenceInsert", 11, kLatest, Parse<struct SequenceInsert>},
    {"", "SequenceLength", 11, kLatest, Parse<struct SequenceLength>},
    {"", "SequenceMap", 17, kLatest, Parse<struct SequenceMap>},
    {"", "Shape", 1, kLatest, Parse<struct ShapeOp>},
    {"", "Shrink", 9, kLatest, Parse<struct Shrink>},
    {"", "Sigmoid", 1, kLatest, Parse<struct Sigmoid>},
    {"", "Sign", 9, kLatest, Parse<struct Sign>},
    {"", "Sin", 7, kLatest, Parse<struct Sin>},
    {"", "Sinh", 9, kLatest, Parse<struct Sinh>},
    {"", "Size", 1, kLatest, Parse<struct Size>},
    {"", "Slice", 1, kLatest, Parse<struct Slice>},
    {"", "Softmax", 1, kLatest, Parse<struct Softmax>},
    {"", "SoftmaxCrossEntropyLoss", 12, kLatest, Parse<struct SoftmaxCrossEntropyLoss>},
    {"", "Softplus", 1, kLatest, Parse<struct Softplus>},
    {"", "Softsign", 1, kLatest, Parse<struct Softsign>},
    {"", "SpaceToDepth", 1, kLatest, Parse<struct SpaceToDepth>},
    {"", "Split", 1, kLatest, Parse<struct Split>},
    {"", "SplitToSequence", 11, kLatest, Parse<struct SplitToSequence>},
    {"", "Sqrt", 1, kLatest, Parse<struct Sqrt>},
    {"", "Squeeze", 1, kLatest, Parse<struct Squeeze>},
    {"", "StringConcat", 20, kLatest, Parse<struct StringConcat>},
    {"", "StringNormalizer", 10, kLatest, Parse<struct StringNormalizer>},
    {"", "StringSplit", 20, kLatest, Parse<struct StringSplit>},
    {"", "Sub", 1, kLatest, Parse<struct Sub>},
    {"", "Sum", 1, kLatest, Parse<struct Sum>},
    {"", "Swish", 24, kLatest, Parse<struct Swish>},
    {"", "Tan", 7, kLatest, Parse<struct Tan>},
    {"", "Tanh", 1, kLatest, Parse<struct Tanh>},
    {"", "TensorScatter", 24, kLatest, Parse<struct TensorScatter>},
    {"", "TfIdfVectorizer", 9, kLatest, Parse<struct TfIdfVectorizer>},
    {"", "ThresholdedRelu", 1, kLatest, Parse<struct ThresholdedRelu>},
    {"", "Tile", 1, kLatest, Parse<struct Tile>},
    {"", "TopK", 1, kLatest, Parse<struct TopK>},
    {"", "Transpose", 1, kLatest, Parse<struct Transpose>},
    {"", "Trilu", 14, kLatest, Parse<struct Trilu>},
    {"", "Unique", 11, kLatest, Parse<struct Unique>},
    {"", "Unsqueeze", 1, kLatest, Parse<struct Unsqueeze>},
    {"", "Upsample", 1, 9, Parse<struct Upsample>},
    {"", "Where", 9, kLatest, Parse<struct Where>},
    {"", "Xor", 1, kLatest, Parse<struct Xor>},
    {"ai.onnx.preview", "FlexAttention", 1, kLatest, Parse<struct FlexAttention>},
    {"ai.onnx.ml", "LabelEncoder", 2, kLatest, Parse<struct LabelEncoder>},
    {"com.microsoft", "BiasGelu", 1, kLatest, Parse<struct BiasGelu>},
    {"com.microsoft", "DynamicQuantizeMatMul", 1, kLatest, Parse<struct DynamicQuantizeMatMul>},
    {"com.microsoft", "EmbedLayerNormalization", 1, kLatest, Parse<struct EmbedLayerNormalization>},
    {"com.microsoft", "FastGelu", 1, kLatest, Parse<struct FastGelu>},
    {"com.microsoft", "FusedMatMul", 1, kLatest, Parse<struct FusedMatMul>},
    {"com.microsoft", "Gelu", 1, kLatest, Parse<struct Gelu>},
    {"com.microsoft", "MatMulIntegerToFloat", 1, kLatest, Parse<struct MatMulIntegerToFloat>},
    {"com.microsoft", "MatMulNBits", 1, kLatest, Parse<struct MatMulNBits>},
    {"com.microsoft", "QLinearAdd", 1, kLatest, Parse<struct QLinearAdd>},
    {"com.microsoft", "QLinearGlobalAveragePool", 1, kLatest, Parse<struct QLinearGlobalAveragePool>},
    {"com.microsoft", "QLinearMul", 1, kLatest, Parse<struct QLinearMul>},
    {"com.microsoft", "QuickGelu", 1, kLatest, Parse<struct QuickGelu>},
    {"com.microsoft", "SkipLayerNormalization", 1, kLatest, Parse<struct SkipLayerNormalization>},
    {"onedge", "Conv", 1, kLatest, Parse<struct Conv>},
    {"onedge", "DynamicQuantizedLinear", 1, kLatest, Parse<struct DynamicQuantizedLinear>},
    {"onedge", "EmbedLayerNormalization", 1, kLatest, Parse<struct EmbedLayerNormalization>},
    {"onedge", "Linear", 1, kLatest, Parse<struct Linear>},
    {"onedge", "NhwcAveragePool", 1, kLatest, Parse<struct AveragePool>},
    {"onedge", "NhwcConv", 1, kLatest, Parse<struct NhwcConv>},
    {"onedge", "NhwcDepthToSpace", 1, kLatest, Parse<struct DepthToSpace>},
    {"onedge", "NhwcGlobalAveragePool", 1, kLatest, Parse<struct GlobalAveragePool>},
    {"onedge", "NhwcMaxPool", 1, kLatest, Parse<struct MaxPool>},
    {"onedge", "NhwcSpaceToDepth", 1, kLatest, Parse<struct SpaceToDepth>},
    {"onedge", "Region", 1, kLatest, Parse<struct Region>},
    {"onedge", "ScaledDotProductAttention", 1, kLatest, Parse<struct ScaledDotProductAttention>},
    {"", "", 1, 0, ParseTrimmed},  // of no opset: never found
};

// `onedge trim` writes this function over Op::Run in the vtables of operators whose nodes are all lowered.
static Status RunMissing(const Op*, OpContext&) { return Unsupported("its portable kernel", kTrimmed); }
[[gnu::used]] static Status (*const kRunMissing)(const Op*, OpContext&) = RunMissing;

const OpEntry* FindOp(std::string_view domain, std::string_view name, int64_t opset) {
  const auto found = std::find_if(std::begin(kOps), std::end(kOps), [&](const OpEntry& entry) {
    return entry.name == name && entry.domain == domain && entry.first_opset <= opset && opset <= entry.last_opset;
  });
  return found == std::end(kOps) ? nullptr : found;
}

Status ResolveOp(graph::Node& node) {
  const OpEntry* entry = FindOp(node.domain, node.op_type, node.opset);
  if (!entry) {
    return Unsupported("operator ", node.domain.empty() ? "ai.onnx" : node.domain, ".", node.op_type,
                       " is not supported in opset ", node.opset)
        .WithNode(node.name, node.op_type);
  }
  AttributeReader attrs(node);
  Result<OpPtr> op = entry->parse(attrs);
  Status status = op.ok() ? attrs.Finish() : op.status();
  if (!status.ok()) return std::move(status).WithNode(node.name, node.op_type);
  node.op = std::move(*op);
  return OkStatus();
}

Status ResolveOps(graph::Graph& graph) {
  for (graph::Node& node : graph.nodes) {
    if (node.domain == "onedge" && node.op_type == "Region") {
      return CorruptFile("regions are made when a model is loaded; a file cannot hold one")
          .WithNode(node.name, node.op_type);
    }
    for (graph::Attribute& attribute : node.attributes) {
      if (auto* one = std::get_if<std::shared_ptr<graph::Graph>>(&attribute.value)) {
        ONEDGE_RETURN_IF_ERROR(ResolveOps(**one));
      }
    }
    ONEDGE_RETURN_IF_ERROR(ResolveOp(node));
  }
  return OkStatus();
}

}  // namespace onedge::ops

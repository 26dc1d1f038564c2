// widen-halves: operators that compute 16-bit floats in float32 read and write float32, between Casts. Their bits stay,
// because widening is exact and the result was rounded once before, too. But now the plan holds the wide copies, and
// kernels for float32 take the operators. Elementwise operators convert in pieces, and products with constant 16-bit
// weights have a kernel: these stay.
#include <algorithm>

#include "ops/nn/real_tensors.h"
#include "optimizer/pass.h"
#include "optimizer/rewriter.h"

namespace onedge::optimizer {
namespace {

using graph::kNoValue;
using graph::Node;
using graph::ValueId;

constexpr std::string_view kWidened[] = {"AveragePool",
                                         "BatchNormalization",
                                         "ConvTranspose",
                                         "GlobalAveragePool",
                                         "GlobalMaxPool",
                                         "GridSample",
                                         "GroupNormalization",
                                         "InstanceNormalization",
                                         "LRN",
                                         "LayerNormalization",
                                         "LogSoftmax",
                                         "LpNormalization",
                                         "MatMul",
                                         "MaxPool",
                                         "RMSNormalization",
                                         "ReduceMean",
                                         "Resize",
                                         "ScaledDotProductAttention",
                                         "SkipLayerNormalization",
                                         "Softmax"};

bool IsNarrow(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBfloat16; }

}  // namespace

Result<bool> WidenHalves(graph::Graph& graph, const PassContext& ctx) {
  constexpr int64_t kOpset = 13, kOnnxFloat = 1, kOnnxFloat16 = 10, kOnnxBfloat16 = 16;
  Rewriter rewriter(graph, ctx);
  std::vector<std::pair<ValueId, ValueId>> wide;  // of values that several operators read
  for (size_t i = 0, count = rewriter.node_count(); i < count; ++i) {
    const Node node = rewriter.node(i);  // a copy: adding moves the nodes
    if (std::find(std::begin(kWidened), std::end(kWidened), node.op_type) == std::end(kWidened)) continue;
    const DType dtype = rewriter.type(node.outputs[0]).dtype;
    const bool one_output =
        std::all_of(node.outputs.begin() + 1, node.outputs.end(), [](ValueId id) { return id == kNoValue; });
    if (!IsNarrow(dtype) || !one_output) continue;
    if (node.op_type == "MatMul" && rewriter.constant(node.inputs[1])) continue;
    std::vector<ValueId> inputs = node.inputs;
    for (ValueId& id : inputs) {
      if (id == kNoValue || !IsNarrow(rewriter.type(id).dtype)) continue;
      const auto known = std::find_if(wide.begin(), wide.end(), [id](const auto& pair) { return pair.first == id; });
      if (known != wide.end()) {
        id = known->second;
        continue;
      }
      wide.emplace_back(id, kNoValue);
      if (const Tensor* constant = rewriter.constant(id)) {
        ONEDGE_ASSIGN_OR_RETURN(Tensor values, ops::ConvertReal(*constant, DType::kFloat32, ctx.budget));
        id = rewriter.AddConstant(std::move(values));
      } else {
        ONEDGE_ASSIGN_OR_RETURN(id, rewriter.Add({"Cast", {id}, {{"to", kOnnxFloat}}, "", kOpset}));
      }
      wide.back().second = id;
    }
    ONEDGE_ASSIGN_OR_RETURN(const ValueId y,
                            rewriter.Add({node.op_type, std::move(inputs), node.attributes, node.domain, node.opset}));
    const int64_t to = dtype == DType::kFloat16 ? kOnnxFloat16 : kOnnxBfloat16;
    Rewriter::NewNode back = {"Cast", {y}, {{"to", to}}, "", kOpset};
    back.shape_of = node.outputs[0];
    ONEDGE_RETURN_IF_ERROR(rewriter.Replace(i, std::move(back)).status());
  }
  return rewriter.Finish();
}

}  // namespace onedge::optimizer

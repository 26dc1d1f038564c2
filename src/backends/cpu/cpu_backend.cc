#include "backends/cpu/cpu_backend.h"

#include <string_view>

#include "backends/cpu/lowering.h"

namespace onedge::backends::cpu {
namespace {

struct Entry {
  std::string_view domain;  // "" is ai.onnx
  std::string_view op_type;
  Lowered (*lower)(LowerContext& ctx);
};

// The one table of this backend's kernels. An operator that is absent or declined runs as its portable operator.
constexpr Entry kEntries[] = {
    {"", "Conv", LowerConv},
    {"", "ConvInteger", LowerConvInteger},
    {"", "Gemm", LowerGemm},
    {"", "MatMul", LowerMatMul},
    {"", "MatMulInteger", LowerMatMulInteger},
    {"", "QLinearConv", LowerQLinearConv},
    {"", "LSTM", LowerLstm},
    {"", "Einsum", LowerEinsum},
    {"", "GRU", LowerGru},
    {"", "RNN", LowerRnn},
    {"onedge", "Conv", LowerConv},
    {"onedge", "DynamicQuantizedLinear", LowerDynamicQuantizedLinear},
    {"onedge", "Linear", LowerLinear},
    {"onedge", "ScaledDotProductAttention", LowerScaledDotProductAttention},
};

}  // namespace

Result<std::unique_ptr<const Kernel>> CpuBackend::Lower(LowerContext& ctx) const {
  for (const Entry& entry : kEntries) {
    if (entry.op_type == ctx.node.op_type && entry.domain == ctx.node.domain) return entry.lower(ctx);
  }
  return std::unique_ptr<const Kernel>();
}

}  // namespace onedge::backends::cpu

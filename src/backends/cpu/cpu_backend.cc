#include "backends/cpu/cpu_backend.h"

#include <string_view>

#include "backends/cpu/lowering.h"
#include "backends/cpu/xnn_linear.h"

namespace onedge::backends::cpu {
namespace {

struct Entry {
  std::string_view domain;  // "" is ai.onnx
  std::string_view op_type;
  Lowered (*lower)(LowerContext& ctx);
};

// `onedge trim` writes this function over those that make no kernel for its models.
Lowered Decline(LowerContext&) { return std::unique_ptr<const Kernel>(); }

// The one table of this backend's kernels; the first that accepts a node gets it. An operator that is absent or
// declined runs as its portable operator.
constexpr Entry kEntries[] = {
    {"", "AveragePool", LowerAveragePool},
#if !defined(__wasm__)
    {"", "Cast", LowerHalfCast},
#endif
    {"", "ConvTranspose", LowerConvTranspose},
    {"", "MaxPool", LowerMaxPool},
    {"onedge", "NhwcAveragePool", LowerAveragePool},
    {"onedge", "NhwcGlobalAveragePool", LowerNhwcGlobalAveragePool},
    {"onedge", "NhwcMaxPool", LowerMaxPool},
    {"", "Conv", LowerConv},
    {"", "ConvInteger", LowerConvInteger},
    {"", "Einsum", LowerEinsum},
    {"", "GRU", LowerGru},
    {"", "Gemm", LowerGemm},
    {"", "Gemm", LowerHalfLinear},
    {"", "Gemm", LowerGeneralGemm},
    {"", "LSTM", LowerLstm},
    {"", "MatMul", LowerMatMul},
    {"", "MatMul", LowerHalfLinear},
    {"", "MatMulInteger", LowerMatMulInteger},
    {"", "QLinearConv", LowerQLinearConv},
    {"", "QLinearMatMul", LowerQLinearMatMul},
    {"", "RNN", LowerRnn},
#if !defined(__wasm__)  // 3 KB with brotli, for which the module has no room
    {"com.microsoft", "MatMulNBits", LowerMatMulNBits},
#endif
    {"onedge", "Conv", LowerConv},
    {"onedge", "DynamicQuantizedLinear", LowerDynamicQuantizedLinear},
    {"onedge", "Linear", LowerLinear},
    {"onedge", "Linear", LowerHalfLinear},
#if !defined(__wasm__)
    {"onedge", "NhwcConv", LowerPointwiseConv},
#endif
    {"onedge", "NhwcConv", LowerNhwcConv},
    {"onedge", "ScaledDotProductAttention", LowerScaledDotProductAttention},
    {"", "", Decline},  // of no operator: never called
};

}  // namespace

Result<std::unique_ptr<const Kernel>> CpuBackend::Lower(LowerContext& ctx) const {
  if (PrefersXnnProducts()) {
    auto product = LowerXnnLinear(ctx);
    if (!product.ok() || *product) return product;
  }
  for (const Entry& entry : kEntries) {
    if (entry.op_type != ctx.node.op_type || entry.domain != ctx.node.domain) continue;
    ONEDGE_ASSIGN_OR_RETURN(auto kernel, entry.lower(ctx));
    if (kernel && ctx.used) *ctx.used += StrCat("kernel ", &entry - kEntries, ";");
    if (kernel) return kernel;
  }
  return std::unique_ptr<const Kernel>();
}

}  // namespace onedge::backends::cpu

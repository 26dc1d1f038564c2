// CpuBackend: kernels for operators that need more speed than their portable form, on x86-64 and WebAssembly SIMD.
// Stateless; may be shared.
#pragma once

#include "backends/kernel.h"

namespace onedge::backends::cpu {

class CpuBackend : public Backend {
 public:
  Result<std::unique_ptr<const Kernel>> Lower(LowerContext& ctx) const override;
  bool prefers_channels_last() const override { return true; }  // nhwc_conv.cc
};

}  // namespace onedge::backends::cpu

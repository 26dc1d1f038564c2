// GRU (ai.onnx 1, 3, 7, 14, 22): one layer, one or both directions. RNN (1, 7, 14, 22): the plain recurrence.
#pragma once

#include "ops/nn/recurrent.h"

namespace onedge::ops {

struct GRU final : Typed<GRU> {
  RecurrentAttributes attributes;
  bool linear_before_reset = false;

  Status InferShapes(ShapeContext& ctx) const override { return attributes.Infer(ctx); }
  // Like LSTM, with W: [D, 3H, input], R: [D, 3H, H] (gates z, r, h), B: [D, 6H]; outputs Y and Y_h.
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override { return RecurrentWorkspaceBytes(ctx, attributes); }

  template <typename T>
  void Step(const RecurrentSizes& sizes, const RecurrentScratch& scratch, T* workspace, size_t direction, size_t step,
            const std::vector<size_t>& lengths, bool backward, ThreadPool* pool) const;
};

struct RNN final : Typed<RNN> {
  RecurrentAttributes attributes;

  Status InferShapes(ShapeContext& ctx) const override { return attributes.Infer(ctx); }
  // Like LSTM, with W: [D, H, input], R: [D, H, H], B: [D, 2H]; outputs Y and Y_h.
  Status Run(OpContext& ctx) const override;
  size_t WorkspaceBytes(const ShapeContext& ctx) const override { return RecurrentWorkspaceBytes(ctx, attributes); }

  template <typename T>
  void Step(const RecurrentSizes& sizes, const RecurrentScratch& scratch, T* workspace, size_t direction, size_t step,
            const std::vector<size_t>& lengths, bool backward, ThreadPool* pool) const;
};

}  // namespace onedge::ops

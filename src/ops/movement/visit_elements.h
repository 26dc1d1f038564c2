// VisitElements: the loop of GatherElements and ScatterElements.
#pragma once

#include "ops/movement/cell_ops.h"

namespace onedge::ops {

// For each element i of `indices` (as many dimensions as `data`, none larger except along `axis`),
// with the data cell that it points at: its own coordinates, the one along `axis` replaced by the
// index. Gathers to `cells` (i) from `data`, or scatters from `cells` (i) to `data`. Fails, naming
// `input`, on an index out of range and on shapes that do not go together.
struct ElementVisit {
  const Shape& data_shape;
  const Tensor& indices;
  size_t axis;
  size_t input;
  size_t cell_bytes;
  CellOp op;
};
Status GatherByElements(const ElementVisit& visit, const uint8_t* data, uint8_t* cells);
Status ScatterByElements(const ElementVisit& visit, uint8_t* data, const uint8_t* cells);

}  // namespace onedge::ops

// VisitElements: the loop of GatherElements and ScatterElements.
#pragma once

#include "ops/movement/cell_ops.h"

namespace onedge::ops {

// Visits each element i of `indices` (as many dimensions as `data`, none larger except along `axis`) with its data
// cell: the cell at the same coordinates, with the coordinate along `axis` replaced by the index. Gathers from `data`
// to `cells` (i), or scatters from `cells` (i) to `data`. An index out of range and shapes that do not match are errors
// that name `input`.
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

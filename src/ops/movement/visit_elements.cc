#include "ops/movement/visit_elements.h"

#include "ops/movement/indices.h"

namespace onedge::ops {
namespace {

// `to_data` decides which of `data` and `cells` is written; the other is read.
Status Visit(const ElementVisit& visit, uint8_t* data, uint8_t* cells, bool to_data) {
  const Shape& shape = visit.indices.shape();
  if (shape.rank() != visit.data_shape.rank()) {
    return InvalidArgument("input ", visit.input, ": expected rank ", visit.data_shape.rank(), ", got ", visit.indices);
  }
  for (size_t i = 0; i < shape.rank(); ++i) {
    if (i != visit.axis && shape[i] > visit.data_shape[i]) {
      return InvalidArgument("input ", visit.input, ": ", visit.indices, " is larger than the data ", visit.data_shape,
                             " in dimension ", i);
    }
  }
  ONEDGE_ASSIGN_OR_RETURN(const Indices indices, Indices::Of(visit.indices, visit.input));
  const int64_t count = visit.indices.element_count();
  if (count == 0) return OkStatus();
  auto strides = visit.data_shape.Strides();
  const int64_t index_stride = strides[visit.axis];
  const int64_t size = visit.data_shape[visit.axis];
  strides[visit.axis] = 0;
  InlineVector<int64_t, 8> position(shape.rank());
  int64_t base = 0;
  for (int64_t i = 0; i < count; ++i) {
    int64_t index = indices[i];
    if (!NormalizeIndex(index, size)) return IndexError(visit.input, indices[i], size);
    uint8_t* const datum = data + (base + index * index_stride) * static_cast<int64_t>(visit.cell_bytes);
    uint8_t* const cell = cells + i * static_cast<int64_t>(visit.cell_bytes);
    visit.op(to_data ? datum : cell, to_data ? cell : datum);
    for (size_t k = shape.rank(); k-- > 0;) {
      base += strides[k];
      if (++position[k] < shape[k]) break;
      position[k] = 0;
      base -= strides[k] * shape[k];
    }
  }
  return OkStatus();
}

}  // namespace

Status GatherByElements(const ElementVisit& visit, const uint8_t* data, uint8_t* cells) {
  return Visit(visit, const_cast<uint8_t*>(data), cells, false);
}

Status ScatterByElements(const ElementVisit& visit, uint8_t* data, const uint8_t* cells) {
  return Visit(visit, data, const_cast<uint8_t*>(cells), true);
}

}  // namespace onedge::ops

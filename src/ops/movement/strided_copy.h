// CopyStrided: the one loop nest under Transpose, Slice, Concat, Split, Expand, Tile, Pad, DepthToSpace and similar
// operators.
#pragma once

#include "ops/movement/elements.h"

namespace onedge::ops {

// One dimension of the copied box: the number of cells, and their distance on either side, in cells. A source stride of
// 0 repeats; a negative one reverses.
struct CopyAxis {
  int64_t size;
  int64_t from;
  int64_t to;
};
using CopyAxes = InlineVector<CopyAxis, 8>;

// Copies a box of cells. Axes may come in any order; it is fastest if the last one is dense on the target side.
// REQUIRES: both sides hold every cell that the axes reach, and no target cell is written twice.
void CopyStrided(CellType type, const uint8_t* from, uint8_t* to, const CopyAxes& axes, ThreadPool* threads);

// Sets `count` neighbouring cells to a copy of the cell at `value`.
void FillCells(CellType type, const uint8_t* value, uint8_t* to, int64_t count);

}  // namespace onedge::ops

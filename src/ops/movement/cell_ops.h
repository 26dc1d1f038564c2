// What happens to one cell: copied, or reduced with another by the scatter operators; and how cells
// are ordered.
#pragma once

#include "ops/movement/elements.h"

namespace onedge::ops {

// Combines the cell at `from` into the cell at `to`.
using CellOp = void (*)(uint8_t* to, const uint8_t* from);

CellOp CopyCell(CellType type);

enum class ScatterReduction : uint8_t { kNone, kAdd, kMul, kMax, kMin };

// The attribute 'reduction' (since opset 16; max and min since 18).
ScatterReduction ReadReduction(AttributeReader& attrs);

// kNone copies. Integers wrap around; max and min pass NaN on. kUnsupported for dtypes without
// arithmetic here.
Result<CellOp> ReduceCell(ScatterReduction reduction, DType dtype);

// A number that orders like the cell: keys of equal values are equal (-0 and 0, every NaN), NaN
// comes after all others.
using OrderKey = uint64_t (*)(const uint8_t* cell);
// kUnsupported for strings and dtypes without an order here.
Result<OrderKey> OrderKeyOf(DType dtype);

// The cell's value, floats towards zero; for indices and depths that may have any numeric dtype.
Result<int64_t> ReadInteger(const Tensor& tensor, int64_t index);

// A scalar of any numeric dtype or bool. kUnsupported for others.
Result<Tensor> MakeNumber(DType dtype, float value);

}  // namespace onedge::ops

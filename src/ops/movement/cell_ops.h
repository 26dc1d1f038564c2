// Operations on one cell: copying it, combining it with another (the scatter operators), and ordering.
#pragma once

#include "ops/movement/elements.h"

namespace onedge::ops {

// Combines the cell at `from` into the cell at `to`.
using CellOp = void (*)(uint8_t* to, const uint8_t* from);

CellOp CopyCell(CellType type);

enum class ScatterReduction : uint8_t { kNone, kAdd, kMul, kMax, kMin };

// The attribute 'reduction' (since opset 16; max and min since 18).
ScatterReduction ReadReduction(AttributeReader& attrs);

// kNone copies. Integers wrap around; max and min propagate NaN. kUnsupported for dtypes without arithmetic here.
Result<CellOp> ReduceCell(ScatterReduction reduction, DType dtype);

// A number that orders like the cell: equal values have equal keys (-0 and 0, every NaN), and NaN comes last.
using OrderKey = uint64_t (*)(const uint8_t* cell);
// kUnsupported for strings and other dtypes without an order.
Result<OrderKey> OrderKeyOf(DType dtype);

// The cell's value, floats truncated towards zero; for indices and depths, which may have any numeric dtype.
Result<int64_t> ReadInteger(const Tensor& tensor, int64_t index);

// A scalar of any numeric dtype or bool. kUnsupported for others.
Result<Tensor> MakeNumber(DType dtype, float value);

}  // namespace onedge::ops

// What a model gave for one of the texts or images of a batch.
#pragma once

#include <span>
#include <string_view>

#include "runtime/session.h"

namespace onedge::tasks {

// float32 [rows, columns]; of an output [batch, columns] there is one row.
struct OutputRows {
  const float* data;
  size_t rows;
  size_t columns;
  std::span<const float> row(size_t i) const { return {data + i * columns, columns}; }
  std::span<const float> all() const { return {data, rows * columns}; }
};

// Of the output whose name contains `name`, else of the one at `otherwise`, item `item` of `batch`. kInvalidArgument
// unless the output is float32 [batch, columns] or [batch, rows, columns].
Status ReadOutput(const runtime::Model& model, std::span<const Value> outputs, std::string_view name, size_t otherwise,
                  size_t item, size_t batch, OutputRows& rows);

}  // namespace onedge::tasks

// The output rows of one text or image in a batch.
#pragma once

#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/session.h"

namespace onedge::tasks {

// float32 [rows, columns]; an output [batch, columns] has one row.
struct OutputRows {
  const float* data;
  size_t rows;
  size_t columns;
  std::span<const float> row(size_t i) const { return {data + i * columns, columns}; }
  std::span<const float> all() const { return {data, rows * columns}; }
};

// The ways to find an output, in this order: the name in the package, the first of these names that the model has, the
// position.
struct OutputNames {
  std::initializer_list<std::string_view> names;
  std::optional<size_t> position = std::nullopt;
};

// For classifiers.
inline constexpr OutputNames kLogits = {{"logits", "output_logits", "prediction_logits"}, 0};

class ModelOutputs {
 public:
  // For item `item` of `batch`.
  ModelOutputs(const runtime::Model& model, std::span<const Value> values, size_t item, size_t batch)
      : model_(model), values_(values), item_(item), batch_(batch) {}

  // kUnsupported: the output does not exist. kInvalidArgument unless it is float32 [batch, columns] or [batch, rows,
  // columns] and not empty. `said`: the name in the package, or empty.
  Result<OutputRows> Rows(const OutputNames& output, std::string_view said = {}) const;

 private:
  std::optional<size_t> Find(std::string_view name) const;

  const runtime::Model& model_;
  std::span<const Value> values_;
  size_t item_;
  size_t batch_;
};

}  // namespace onedge::tasks

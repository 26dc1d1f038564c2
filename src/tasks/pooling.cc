#include "tasks/pooling.h"

#include <algorithm>
#include <cmath>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

void Normalize(std::span<float> vector) {
  double squares = 0;
  for (float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(value * scale);
}

}  // namespace

Status Pool(const OutputRows& hidden, size_t tokens, const TaskOptions& options, bool normalize, TaskAnswer& out) {
  if (options.dimensions > static_cast<double>(hidden.columns)) {
    return InvalidArgument("'dimensions': expected at most the model's ", hidden.columns, ", got ", options.dimensions);
  }
  const size_t dim = options.dimensions > 0 ? static_cast<size_t>(options.dimensions) : hidden.columns;
  const size_t count = std::min(tokens, hidden.rows);
  const auto take = [&](size_t t) {
    const auto row = hidden.row(t).first(dim);
    out.vector.insert(out.vector.end(), row.begin(), row.end());
  };
  if (options.pooling == Pooling::kNone) {
    for (size_t t = 0; t < count; ++t) take(t);
    out.rows = count;
    out.pooled = false;
  } else {
    take(options.pooling == Pooling::kLastToken ? count - 1 : 0);
    for (size_t t = 1; t < count; ++t) {
      const auto row = hidden.row(t);
      if (options.pooling == Pooling::kMean) {
        for (size_t d = 0; d < dim; ++d) out.vector[d] += row[d];
      } else if (options.pooling == Pooling::kMax) {
        for (size_t d = 0; d < dim; ++d) out.vector[d] = std::max(out.vector[d], row[d]);
      }
    }
    if (options.pooling == Pooling::kMean) {
      for (float& value : out.vector) value /= static_cast<float>(count);
    }
  }
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(out.vector));
  if (normalize) {
    for (size_t row = 0; row < out.rows; ++row) Normalize(std::span(out.vector).subspan(row * dim, dim));
  }
  return OkStatus();
}

double DotProduct(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace onedge::tasks

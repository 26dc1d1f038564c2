#include "tasks/pooling.h"

#include <algorithm>
#include <cmath>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

constexpr OutputNames kHidden = {{"last_hidden_state", "token_embeddings"}, 0};

void Normalize(std::span<float> vector) {
  double squares = 0;
  for (float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(value * scale);
}

}  // namespace

void Pooler::AddSettings(std::vector<Setting>& settings) {
  settings.push_back({"pooling", ChoiceOf(kPoolings, &pooling_)});
  settings.push_back({"dimensions", &dimensions_});
  settings.push_back({"output", &output_});
}

Status Pooler::Pool(const ModelOutputs& outputs, size_t tokens, bool normalize, PooledVectors& out) const {
  ONEDGE_ASSIGN_OR_RETURN(const OutputRows hidden, outputs.Rows(kHidden, output_));
  if (dimensions_ > hidden.columns) {
    return InvalidArgument("dimensions: expected 1 to ", hidden.columns, ", got ", dimensions_);
  }
  const size_t dim = dimensions_ > 0 ? static_cast<size_t>(dimensions_) : hidden.columns;
  const size_t count = std::min(tokens, hidden.rows);
  const auto take = [&](size_t t) {
    const auto row = hidden.row(t).first(dim);
    out.values.insert(out.values.end(), row.begin(), row.end());
  };
  if (pooling_ == Pooling::kNone) {
    for (size_t t = 0; t < count; ++t) take(t);
    out.rows = count;
  } else {
    take(pooling_ == Pooling::kLastToken ? count - 1 : 0);
    for (size_t t = 1; t < count; ++t) {
      const auto row = hidden.row(t);
      if (pooling_ == Pooling::kMean) {
        for (size_t d = 0; d < dim; ++d) out.values[d] += row[d];
      } else if (pooling_ == Pooling::kMax) {
        for (size_t d = 0; d < dim; ++d) out.values[d] = std::max(out.values[d], row[d]);
      }
    }
    if (pooling_ == Pooling::kMean) {
      for (float& value : out.values) value /= static_cast<float>(count);
    }
  }
  ONEDGE_RETURN_IF_ERROR(CheckNumbers(out.values));
  if (normalize) {
    for (size_t row = 0; row < out.rows; ++row) Normalize(std::span(out.values).subspan(row * dim, dim));
  }
  return OkStatus();
}

double DotProduct(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

}  // namespace onedge::tasks

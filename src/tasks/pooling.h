// feature-extraction: one vector of a text's token vectors.
#pragma once

#include "tasks/output_rows.h"
#include "tasks/task.h"

namespace onedge::tasks {

// hidden: float32 [tokens, dim], of which the first `tokens` are the text's and the rest is padding; or [1, dim], which
// the model pooled itself. float32 [dim], with Pooling::kNone [tokens, dim]; each vector cut to its first `dimensions`,
// then scaled to length 1 where `normalize` says so.
Status Pool(const OutputRows& hidden, size_t tokens, const TaskOptions& options, bool normalize, TaskAnswer& out);

// Cosine of the angle between vectors of length 1.
double DotProduct(std::span<const float> a, std::span<const float> b);

}  // namespace onedge::tasks

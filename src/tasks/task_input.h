// What a task is asked, and the forms of answers that programs read: plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "tasks/image.h"

namespace onedge::tasks {

struct TaskInput {
  std::string text;                                              // or a question, or a query
  std::optional<std::string> pair = std::nullopt;                // a second text, or the context of a question
  std::optional<std::vector<std::string>> texts = std::nullopt;  // what is compared with a query
  std::optional<std::vector<int32_t>> ids = std::nullopt;        // tokens, specials included, in place of `text`
  Image image = {};
  // The names under which JSON gave them; empty: without a name, so that they fit every task that takes such a part.
  std::string text_name = {}, pair_name = {}, texts_name = {};
};

struct LabelScore {
  std::string label;
  float score;
};

// Vectors in place of labels: float32 [rows, dim]. `pooled`: one for the input, rather than one for each token.
struct VectorAnswer {
  std::span<const float> values;
  size_t rows;
  bool pooled;
};

}  // namespace onedge::tasks

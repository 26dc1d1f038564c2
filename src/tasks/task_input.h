// The inputs of tasks, and answers for programs: plain data.
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
  std::optional<std::vector<std::string>> texts = std::nullopt;  // the texts that are compared with a query
  std::optional<std::vector<int32_t>> ids = std::nullopt;        // tokens, specials included, instead of `text`
  Image image = {};
  // The names of the parts in JSON. An empty name fits every task that takes such a part.
  std::string text_name = {}, pair_name = {}, texts_name = {};
};

// The form of an answer besides its JSON.
enum class AnswerForm : uint8_t { kJson, kLabels, kVectors };

struct LabelScore {
  std::string label;
  float score;
};

// Vectors instead of labels: float32 [rows, dim]. `pooled`: one for the input; otherwise one for each token.
struct VectorAnswer {
  std::span<const float> values;
  size_t rows;
  bool pooled;
};

}  // namespace onedge::tasks

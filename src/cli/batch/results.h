// The results of a batch as columns beside those of the input: `label` and `score`, `embedding`, or `answer`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "api/session.h"
#include "cli/batch/rows.h"

namespace onedge::cli {

// The columns that each row gets.
enum class ResultKind : uint8_t {
  kLabel,      // label, score: the best one
  kEmbedding,  // embedding: an array of numbers as JSON
  kAnswer,     // answer: the answer as JSON
  kNone,       // nothing: vectors go to a file of their own
};

class ResultColumns {
 public:
  // `prefix`: before each name. InvalidArgument: the input has a column of that name.
  static Result<ResultColumns> Create(ResultKind kind, const std::string& prefix, const TableSource& source,
                                      const Row& header);

  // The first row of the output; empty if the input has none.
  std::string Header(const Row& header) const;
  // Appends a row of the output; without answer its results are empty.
  void AppendRow(const Row& row, const api::TaskAnswer* answer, std::string& out) const;
  size_t size() const { return names_.size(); }

 private:
  ResultColumns(ResultKind kind, const TableSource& source) : kind_(kind), source_(source) {}

  void AppendCsv(const Row& row, const api::TaskAnswer* answer, std::string& out) const;
  void AppendJson(const Row& row, const api::TaskAnswer* answer, std::string& out) const;

  ResultKind kind_;
  TableSource source_;
  size_t header_size_ = 0;  // columns of the input; 0: not known
  std::vector<std::string> names_;
};

}  // namespace onedge::cli

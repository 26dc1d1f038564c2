// The text of a row, as the input of a task.
#pragma once

#include <optional>
#include <string>

#include "api/session.h"
#include "cli/batch/rows.h"

namespace onedge::cli {

class RowTexts {
 public:
  // `column`, and `pair` unless it is empty: a name, or in CSV without a header a number from 1. NotFound: the header
  // has no such column; the error lists them.
  static Result<RowTexts> Create(const TableSource& source, const Row& header, const std::string& column,
                                 const std::string& pair);

  // InvalidArgument: the row has no such column or more columns than the header, or the text is empty or not UTF-8.
  Result<api::TaskInput> Of(const Row& row) const;

 private:
  struct Column {
    std::string name;
    size_t index = 0;  // in CSV
  };
  static Result<Column> Find(const TableSource& source, const Row& header, const std::string& name);
  Result<std::string> Text(const Row& row, const Column& column) const;

  TableFormat format_ = TableFormat::kCsv;
  size_t header_size_ = 0;  // columns that the header names; 0: there is none
  Column text_;
  std::optional<Column> pair_;
};

}  // namespace onedge::cli

#include "cli/batch/row_texts.h"

#include <algorithm>
#include <charconv>

#include "text/json.h"
#include "text/unicode/utf8.h"

namespace onedge::cli {

Result<RowTexts> RowTexts::Create(const TableSource& source, const Row& header, const std::string& column,
                                  const std::string& pair) {
  RowTexts texts;
  texts.format_ = source.format;
  texts.header_size_ = header.fields.size();
  ONEDGE_ASSIGN_OR_RETURN(texts.text_, Find(source, header, column));
  if (!pair.empty()) {
    ONEDGE_ASSIGN_OR_RETURN(texts.pair_, Find(source, header, pair));
  }
  return texts;
}

Result<RowTexts::Column> RowTexts::Find(const TableSource& source, const Row& header, const std::string& name) {
  if (source.format == TableFormat::kJsonLines) return Column{name};
  if (!source.header) {
    size_t number = 0;
    const auto end = std::from_chars(name.data(), name.data() + name.size(), number).ptr;
    if (number == 0 || end != name.data() + name.size()) {
      return InvalidArgument("--column: expected the number of a column, from 1, because of --no-header; got '", name,
                             "'");
    }
    return Column{name, number - 1};
  }
  const auto at = std::ranges::find(header.fields, name);
  if (at != header.fields.end()) return Column{name, static_cast<size_t>(at - header.fields.begin())};
  std::string names;
  for (const std::string& field : header.fields) names += (names.empty() ? "'" : ", '") + field + "'";
  return NotFound(source.path, ": there is no column '", name, "'; the columns are ", names);
}

Result<api::TaskInput> RowTexts::Of(const Row& row) const {
  if (header_size_ > 0 && row.fields.size() > header_size_) {
    return InvalidArgument("the row has ", row.fields.size(), " columns, the header ", header_size_);
  }
  api::TaskInput input;
  ONEDGE_ASSIGN_OR_RETURN(input.text, Text(row, text_));
  if (pair_) {
    ONEDGE_ASSIGN_OR_RETURN(input.pair, Text(row, *pair_));
  }
  return input;
}

Result<std::string> RowTexts::Text(const Row& row, const Column& column) const {
  std::string text;
  if (format_ == TableFormat::kCsv) {
    if (column.index >= row.fields.size()) {
      return InvalidArgument("the row has ", row.fields.size(), " columns, '", column.name, "' is number ",
                             column.index + 1);
    }
    text = row.fields[column.index];
  } else {
    ONEDGE_ASSIGN_OR_RETURN(const JsonDocument document, JsonDocument::Parse(row.raw, "the row"));
    const JsonValue value = document.root().Find(column.name);
    if (!document.root().is_object())
      return InvalidArgument("expected a JSON object, got ", document.root().type_name());
    if (!value.is_string()) {
      return InvalidArgument("'", column.name, "': expected a string, got ", value ? value.type_name() : "nothing");
    }
    text = value.string();
  }
  if (text.empty()) return InvalidArgument("'", column.name, "' is empty");
  if (!unicode::IsWellFormed(text)) return InvalidArgument("'", column.name, "' is not UTF-8");
  return text;
}

}  // namespace onedge::cli

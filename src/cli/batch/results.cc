#include "cli/batch/results.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "text/json.h"

namespace onedge::cli {
namespace {

std::vector<std::string> NamesOf(ResultKind kind) {
  switch (kind) {
    case ResultKind::kLabel:
      return {"label", "score"};
    case ResultKind::kEmbedding:
      return {"embedding"};
    case ResultKind::kAnswer:
      return {"answer"};
    case ResultKind::kNone:
      break;
  }
  return {};
}

// The fewest digits that read back as the same float.
std::string ScoreText(float score) {
  char digits[32];
  const auto end = std::to_chars(digits, digits + sizeof digits, score).ptr;
  return {digits, end};
}

}  // namespace

Result<ResultColumns> ResultColumns::Create(ResultKind kind, const std::string& prefix, const TableSource& source,
                                            const Row& header) {
  ResultColumns columns(kind, source);
  columns.header_size_ = header.fields.size();
  for (std::string& name : columns.names_ = NamesOf(kind)) {
    name.insert(0, prefix);
    if (std::ranges::find(header.fields, name) != header.fields.end()) {
      return InvalidArgument(source.path, ": there is a column '", name,
                             "' already; --prefix gives the results other names");
    }
  }
  return columns;
}

std::string ResultColumns::Header(const Row& header) const {
  if (source_.format != TableFormat::kCsv || !source_.header) return "";
  std::string out = header.raw;
  for (const std::string& name : names_) {
    out += source_.delimiter;
    AppendCsvField(out, name, source_.delimiter);
  }
  return out + (header.end.empty() ? "\n" : header.end);
}

void ResultColumns::AppendRow(const Row& row, const api::TaskAnswer* answer, std::string& out) const {
  if (kind_ == ResultKind::kLabel && answer && answer->entries.empty()) answer = nullptr;
  if (source_.format == TableFormat::kCsv) {
    AppendCsv(row, answer, out);
  } else {
    AppendJson(row, answer, out);
  }
  out += row.end.empty() ? "\n" : row.end;
}

void ResultColumns::AppendCsv(const Row& row, const api::TaskAnswer* answer, std::string& out) const {
  out += row.raw;
  if (row.fields.size() < header_size_) out.append(header_size_ - row.fields.size(), source_.delimiter);
  if (!answer) {
    out.append(names_.size(), source_.delimiter);
    return;
  }
  if (kind_ == ResultKind::kNone) return;
  out += source_.delimiter;
  if (kind_ != ResultKind::kLabel) return AppendCsvField(out, answer->json, source_.delimiter);
  AppendCsvField(out, answer->entries[0].label, source_.delimiter);
  out += source_.delimiter;
  out += ScoreText(answer->entries[0].score);
}

void ResultColumns::AppendJson(const Row& row, const api::TaskAnswer* answer, std::string& out) const {
  constexpr char kSpaces[] = " \t";
  const size_t brace = row.raw.find_last_not_of(kSpaces);
  // A row without object has been reported as an error.
  if (names_.empty() || row.raw[row.raw.find_first_not_of(kSpaces)] != '{' || row.raw[brace] != '}') {
    out += row.raw;
    return;
  }
  const size_t last = row.raw.find_last_not_of(kSpaces, brace - 1);
  out.append(row.raw, 0, brace);
  bool first = row.raw[last] == '{';
  const auto member = [&](const std::string& name, std::string_view value) {
    if (!first) out += ',';
    first = false;
    AppendQuoted(out, name);
    out += ':';
    out += value;
  };
  if (!answer) {
    for (const std::string& name : names_) member(name, "null");
  } else if (kind_ == ResultKind::kLabel) {
    std::string label;
    AppendQuoted(label, answer->entries[0].label);
    member(names_[0], label);
    const float score = answer->entries[0].score;
    member(names_[1], std::isfinite(score) ? ScoreText(score) : "null");
  } else {
    member(names_[0], answer->json);
  }
  out.append(row.raw, brace);
}

}  // namespace onedge::cli

#include "cli/batch/rows.h"

#include <csv.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace onedge::cli {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 16;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

Status TooLong(const std::string& name, uint64_t line) {
  return InvalidArgument(name, ": the row that begins at line ", line, " is longer than ", kMaxRowBytes >> 20,
                         " MB: is a quote never closed?");
}

}  // namespace

struct Rows::File {
  explicit File(int fd) : descriptor(fd) {}
  ~File() {
    if (descriptor != STDIN_FILENO) close(descriptor);
  }
  const int descriptor;
};

Rows::Rows(std::unique_ptr<File> file, const std::string& name) : file_(std::move(file)), name_(name) {}

Result<bool> Rows::Fill() {
  chunk_.resize(kChunkBytes);
  at_ = 0;
  ssize_t size = 0;
  while (!cancelled_) {  // a pipe may stay silent for ever
    pollfd wanted{file_->descriptor, POLLIN, 0};
    if (poll(&wanted, 1, /*milliseconds=*/100) <= 0) continue;
    size = read(file_->descriptor, chunk_.data(), chunk_.size());
    if (size >= 0 || errno != EINTR) break;
  }
  chunk_.resize(size > 0 ? static_cast<size_t>(size) : 0);
  if (size < 0) return Internal(name_, ": ", std::strerror(errno));
  return size > 0;
}

namespace {

// libcsv gets the file piece by piece, each up to the next line end, so that the bytes of a row are known.
class CsvRows final : public Rows {
 public:
  CsvRows(std::unique_ptr<File> file, const TableSource& source) : Rows(std::move(file), source.path), source_(source) {
    csv_init(&parser_, 0);
    csv_set_delim(&parser_, static_cast<unsigned char>(source.delimiter));
    csv_set_space_func(&parser_, [](unsigned char) { return 0; });  // spaces belong to the field
  }
  ~CsvRows() override { csv_free(&parser_); }

  Result<bool> Next(Row& row) override {
    ONEDGE_ASSIGN_OR_RETURN(const bool any, Read(row));
    if (any) row.number = ++number_;
    return any;
  }

 private:
  Status ReadHeader() override {
    if (!source_.header) return OkStatus();
    ONEDGE_ASSIGN_OR_RETURN(const bool any, Read(header_));
    return any ? OkStatus()
               : InvalidArgument(name_, ": the file is empty; expected a row with the names of the columns");
  }

  Result<bool> Read(Row& row) {
    row.raw.clear();
    row.end.clear();
    row.line = line_;
    row_ = &row;
    fields_ = 0;
    done_ = false;
    while (!done_) {
      if (at_ == chunk_.size()) {
        ONEDGE_ASSIGN_OR_RETURN(const bool more, Fill());
        if (!more) {
          if (parser_.pstate == kInField && parser_.quoted) {
            return InvalidArgument(name_, ": the row that begins at line ", row.line,
                                   " has a quote that is never closed");
          }
          csv_fini(&parser_, OnField, OnRow, this);
          offset_ += row.raw.size();
          row.fields.resize(fields_);
          return done_;
        }
      }
      const size_t newline = chunk_.find_first_of("\r\n", at_);
      const size_t end = newline == std::string::npos ? chunk_.size() : newline + 1;
      ONEDGE_RETURN_IF_ERROR(Take(row, end));
      // A line end outside of a row: an empty line.
      if (newline != std::string::npos && !done_ && parser_.pstate == kBetweenRows) {
        offset_ += row.raw.size();
        row.raw.clear();
        row.line = line_;
      }
    }
    row.fields.resize(fields_);
    row.end = row.raw.back();
    row.raw.pop_back();
    if (row.end == "\r") {
      if (at_ == chunk_.size()) {
        ONEDGE_RETURN_IF_ERROR(Fill().status());
      }
      if (at_ < chunk_.size() && chunk_[at_] == '\n') {
        csv_parse(&parser_, "\n", 1, OnField, OnRow, this);
        ++at_;
        after_return_ = false;
        row.end = "\r\n";
      }
    }
    offset_ += row.raw.size() + row.end.size();
    return true;
  }

  // Feeds the chunk up to `end`.
  Status Take(Row& row, size_t end) {
    const char* from = chunk_.data() + at_;
    const size_t size = end - at_;
    if (row.raw.size() + size > kMaxRowBytes) return TooLong(name_, row.line);
    if (csv_parse(&parser_, from, size, OnField, OnRow, this) != size) {
      return Internal(name_, ", line ", line_, ": ", csv_strerror(csv_error(&parser_)));
    }
    row.raw.append(from, size);
    // \r\n is one line end.
    if (from[size - 1] == '\r' || (from[size - 1] == '\n' && !(size == 1 && after_return_))) ++line_;
    after_return_ = from[size - 1] == '\r';
    at_ = end;
    return OkStatus();
  }

  static void OnField(void* data, size_t size, void* self) {
    auto& rows = *static_cast<CsvRows*>(self);
    auto& fields = rows.row_->fields;
    if (fields.size() == rows.fields_) fields.emplace_back();
    fields[rows.fields_++].assign(static_cast<const char*>(data), size);
  }
  static void OnRow(int, void* self) { static_cast<CsvRows*>(self)->done_ = true; }

  // Of csv_parser::pstate (libcsv.c).
  static constexpr int kBetweenRows = 0, kInField = 2;

  const TableSource source_;
  csv_parser parser_;
  Row* row_ = nullptr;
  size_t fields_ = 0;
  bool done_ = false;
  bool after_return_ = false;
};

class JsonRows final : public Rows {
 public:
  JsonRows(std::unique_ptr<File> file, const std::string& name) : Rows(std::move(file), name) {}

  Result<bool> Next(Row& row) override {
    row.fields.clear();
    do {
      row.raw.clear();
      row.end.clear();
      row.line = line_;
      while (row.end.empty()) {
        if (at_ == chunk_.size()) {
          ONEDGE_ASSIGN_OR_RETURN(const bool more, Fill());
          if (!more) break;
        }
        const size_t newline = chunk_.find('\n', at_);
        const size_t end = std::min(newline, chunk_.size());
        if (row.raw.size() + (end - at_) > kMaxRowBytes) return TooLong(name_, row.line);
        row.raw.append(chunk_, at_, end - at_);
        at_ = end;
        if (newline == std::string::npos) continue;
        ++at_;
        ++line_;
        row.end = "\n";
      }
      offset_ += row.raw.size() + row.end.size();
      if (row.raw.ends_with('\r')) {
        row.raw.pop_back();
        row.end.insert(0, "\r");
      }
      if (row.raw.empty() && row.end.empty()) return false;
    } while (row.raw.find_first_not_of(" \t") == std::string::npos);
    row.number = ++number_;
    return true;
  }
};

}  // namespace

Result<std::unique_ptr<Rows>> Rows::Open(const TableSource& source) {
  const bool is_stdin = source.path == "-";
  const int descriptor = is_stdin ? STDIN_FILENO : open(source.path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return NotFound(source.path, ": ", std::strerror(errno));
  auto file = std::make_unique<Rows::File>(descriptor);
  struct stat status;
  if (fstat(descriptor, &status) != 0) return Internal(source.path, ": ", std::strerror(errno));
  if (S_ISDIR(status.st_mode)) return InvalidArgument(source.path, ": expected a file, got a folder");
  std::unique_ptr<Rows> rows;
  if (source.format == TableFormat::kCsv) {
    rows = std::make_unique<CsvRows>(std::move(file), source);
  } else {
    rows = std::make_unique<JsonRows>(std::move(file), source.path);
  }
  if (S_ISREG(status.st_mode)) rows->total_bytes_ = static_cast<uint64_t>(status.st_size);
  ONEDGE_RETURN_IF_ERROR(rows->Fill().status());
  if (rows->chunk_.starts_with("\xff\xfe") || rows->chunk_.starts_with("\xfe\xff")) {
    return InvalidArgument(source.path, ": the file is UTF-16, expected UTF-8: convert it, for example with iconv");
  }
  const bool marked = rows->chunk_.starts_with(kByteOrderMark);
  if (marked) rows->at_ = rows->offset_ = kByteOrderMark.size();
  ONEDGE_RETURN_IF_ERROR(rows->ReadHeader());
  if (marked) rows->header_.raw.insert(0, kByteOrderMark);
  return rows;
}

void AppendCsvField(std::string& out, std::string_view field, char delimiter) {
  const char special[] = {delimiter, '"', '\r', '\n', 0};
  if (field.find_first_of(special) == std::string_view::npos) {
    out += field;
    return;
  }
  const size_t at = out.size();
  out.resize(at + csv_write(nullptr, 0, field.data(), field.size()));
  csv_write(out.data() + at, out.size() - at, field.data(), field.size());
}

}  // namespace onedge::cli

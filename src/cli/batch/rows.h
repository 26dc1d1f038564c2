// Rows of a table, front to back and in bounded memory: CSV (RFC 4180, read by libcsv) or JSON Lines.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"

namespace onedge::cli {

enum class TableFormat : uint8_t { kCsv, kJsonLines };

// The longest row that is read, in bytes.
inline constexpr size_t kMaxRowBytes = size_t{64} << 20;

struct Row {
  uint64_t number = 0;              // among the rows of data, from 1
  uint64_t line = 0;                // where it begins in the file, from 1
  std::string raw;                  // its bytes, without the line end
  std::string end;                  // the line end: "\n", "\r\n", "\r", or "" at the end of the file
  std::vector<std::string> fields;  // of CSV
};

// Where a table is read.
struct TableSource {
  std::string path;  // "-": standard input
  TableFormat format = TableFormat::kCsv;
  char delimiter = ',';  // of CSV
  bool header = true;    // of CSV: the first row names the columns
};

class Rows {
 public:
  // NotFound: the file cannot be opened. InvalidArgument: it is UTF-16.
  static Result<std::unique_ptr<Rows>> Open(const TableSource& source);
  virtual ~Rows() = default;

  // The next row; false at the end of the file. Empty lines do not count. InvalidArgument: a quote is never closed, or
  // a row is longer than kMaxRowBytes.
  virtual Result<bool> Next(Row& row) = 0;
  // From any thread: a call of Next that waits for input, and all later ones, see the end of the file.
  void Cancel() { cancelled_ = true; }
  // The row with the names of the columns, with a byte order mark if the file has one; empty without a header.
  const Row& header() const { return header_; }

  uint64_t total_bytes() const { return total_bytes_; }  // 0: unknown
  uint64_t offset() const { return offset_; }            // of the byte after the last row, with its line end

 protected:
  struct File;
  explicit Rows(std::unique_ptr<File> file, const std::string& name);
  // Reads the next bytes into chunk_, from at_ = 0 on; false at the end of the file.
  Result<bool> Fill();

  std::unique_ptr<File> file_;
  std::string name_;
  Row header_;
  std::string chunk_;
  size_t at_ = 0;
  uint64_t total_bytes_ = 0, offset_ = 0;
  uint64_t number_ = 0, line_ = 1;
  std::atomic<bool> cancelled_ = false;

 private:
  virtual Status ReadHeader() { return OkStatus(); }
};

// Appends a field of CSV, quoted only if it must be.
void AppendCsvField(std::string& out, std::string_view field, char delimiter);

}  // namespace onedge::cli

// The files that a batch writes, and how it goes on after an interruption. Rows are appended in order; whatever was cut
// off is removed and written again, so that no row is lost or there twice.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cli/batch/rows.h"

namespace onedge::cli {

// A row that got no answer.
struct RowFault {
  uint64_t number;  // of the row
  uint64_t line;
  std::string reason;
};

struct OutputOptions {
  std::string path;          // "-": standard output
  std::string vectors_path;  // .npy; empty: none
  bool resume = false;
  bool skips = false;  // rows without answer are not in the output
};

class Output {
 public:
  // `header`: the first row, with its line end. InvalidArgument: the file exists and `resume` is not set, it is in use,
  // or it has another header.
  static Result<std::unique_ptr<Output>> Open(const OutputOptions& options, const TableSource& format,
                                              std::string header);
  ~Output();

  // The rows of the input that an earlier run has finished.
  uint64_t finished_rows() const { return finished_; }

  // Appends text rows, the vectors of as many rows, and the list of rows without answer.
  Status Write(std::string_view rows, const std::vector<std::vector<float>>& vectors,
               const std::vector<RowFault>& faults);
  // Call at the end: everything is on the disk afterwards.
  Status Finish();
  // Where the rows without answer are listed.
  const std::string& faults_path() const { return faults_path_; }

 private:
  struct Files;
  explicit Output(const OutputOptions& options);
  Status Resume(const TableSource& format, const std::string& header);
  Status ResumeVectors(uint64_t& rows);
  Status WriteVectors(const std::vector<std::vector<float>>& vectors);

  const OutputOptions options_;
  std::string faults_path_;
  std::unique_ptr<Files> files_;
  uint64_t finished_ = 0;
  uint64_t vector_rows_ = 0, vector_size_ = 0;
  std::set<uint64_t> listed_;  // rows in the list of faults
};

}  // namespace onedge::cli

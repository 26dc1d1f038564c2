#include "cli/batch/output.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>

namespace onedge::cli {
namespace {

// An .npy header of a fixed size, so that it can be written again when the number of rows is known.
constexpr size_t kNpyHeaderBytes = 128;

std::string NpyHeader(uint64_t rows, uint64_t size) {
  const std::string fields = StrCat("{'descr': '<f4', 'fortran_order': False, 'shape': (", rows, ", ", size, "), }");
  std::string header("\x93NUMPY\x01\x00", 8);
  header += static_cast<char>(kNpyHeaderBytes - 10);
  header += '\0';
  header += fields;
  header.resize(kNpyHeaderBytes - 1, ' ');
  return header + '\n';
}

// The length of a row in a header of NpyHeader; 0: it is another one.
uint64_t NpyRowSize(const std::string& header) {
  const size_t open = header.find("'shape': ("), comma = header.find(", ", open);
  if (header.size() != kNpyHeaderBytes || open == std::string::npos || comma == std::string::npos) return 0;
  uint64_t size = 0;
  std::from_chars(header.data() + comma + 2, header.data() + header.size(), size);
  return header == NpyHeader(std::strtoull(header.c_str() + open + 10, nullptr, 10), size) ? size : 0;
}

Status WriteAll(int descriptor, std::string_view bytes, const std::string& path) {
  while (!bytes.empty()) {
    const ssize_t written = write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return Internal(path, ": ", std::strerror(errno));
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return OkStatus();
}

struct OutputFile {
  ~OutputFile() {
    if (descriptor > STDOUT_FILENO) close(descriptor);
  }
  Status Open(const std::string& name, int flags) {
    path = name;
    if (name == "-") {
      descriptor = STDOUT_FILENO;
      return OkStatus();
    }
    descriptor = open(name.c_str(), flags | O_CLOEXEC, 0666);
    return descriptor < 0 ? NotFound(name, ": ", std::strerror(errno)) : OkStatus();
  }
  Status Truncate(uint64_t size) const {
    if (ftruncate(descriptor, static_cast<off_t>(size)) != 0 || lseek(descriptor, 0, SEEK_END) < 0) {
      return Internal(path, ": ", std::strerror(errno));
    }
    return OkStatus();
  }
  Status Write(std::string_view bytes) const { return WriteAll(descriptor, bytes, path); }
  // A device or a pipe cannot be synchronized, and need not be.
  Status Sync() const {
    if (descriptor < 0 || fsync(descriptor) == 0 || errno == EINVAL || errno == ENOTSUP) return OkStatus();
    return Internal(path, ": ", std::strerror(errno));
  }

  std::string path;
  int descriptor = -1;
};

}  // namespace

struct Output::Files {
  OutputFile rows, vectors, faults;
};

Output::Output(const OutputOptions& options)
    : options_(options),
      faults_path_(options.path + (options.skips ? ".skipped.csv" : ".errors.csv")),
      files_(std::make_unique<Files>()) {}
Output::~Output() = default;

Result<std::unique_ptr<Output>> Output::Open(const OutputOptions& options, const TableSource& format,
                                             std::string header) {
  std::unique_ptr<Output> output(new Output(options));
  OutputFile& rows = output->files_->rows;
  const bool is_pipe = options.path == "-";
  if (is_pipe && options.resume) return InvalidArgument("--resume: needs a file as --output, got '-'");
  for (const std::string& path : {options.path, options.vectors_path}) {
    std::error_code ignored;
    if (!options.resume && path != "-" && !path.empty() && std::filesystem::is_regular_file(path, ignored)) {
      return InvalidArgument(path, ": the file exists; pass --resume to go on with it, or remove it");
    }
  }
  ONEDGE_RETURN_IF_ERROR(rows.Open(options.path, O_RDWR | O_CREAT));
  if (!is_pipe && flock(rows.descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    return InvalidArgument(options.path, ": another onedge batch is writing to it");
  }
  if (!options.vectors_path.empty()) {
    ONEDGE_RETURN_IF_ERROR(output->files_->vectors.Open(options.vectors_path, O_RDWR | O_CREAT));
  }
  if (options.resume) {
    ONEDGE_RETURN_IF_ERROR(output->Resume(format, header));
  } else if (!is_pipe) {
    std::error_code ignored;
    std::filesystem::remove(output->faults_path_, ignored);  // of an output that is not there any more
  }
  struct stat status;
  const bool is_empty = is_pipe || (fstat(rows.descriptor, &status) == 0 && status.st_size == 0);
  if (is_empty) {
    ONEDGE_RETURN_IF_ERROR(rows.Write(header));
  }
  return output;
}

Status Output::Resume(const TableSource& format, const std::string& header) {
  std::error_code error;
  if (!options_.skips && std::filesystem::exists(options_.path + ".skipped.csv", error)) {
    return InvalidArgument(options_.path, ": --resume: rows were left out before; go on with --on-error skip");
  }
  const OutputFile& rows_file = files_->rows;
  // Complete rows end with a line end outside of quotes; the rest was cut off.
  TableSource source = format;
  source.path = options_.path;
  source.header = false;
  ONEDGE_ASSIGN_OR_RETURN(const auto rows, Rows::Open(source));
  std::string first;
  uint64_t complete = 0;  // rows, with the header
  std::vector<uint64_t> ends = {0};
  const uint64_t begin = rows->offset();  // after a byte order mark
  for (Row row;;) {
    const Result<bool> more = rows->Next(row);
    if (!more.ok() || !*more || row.end.empty()) break;
    if (complete == 0) first = row.raw + row.end;
    ++complete;
    if (options_.vectors_path.empty())
      ends.assign(1, rows->offset());
    else
      ends.push_back(rows->offset());
  }
  const bool has_header = !header.empty();
  if (has_header && complete > 0 && (begin > 0 ? "\xef\xbb\xbf" + first : first) != header) {
    return InvalidArgument(options_.path, ": --resume: the file has the header '",
                           first.substr(0, first.find_last_not_of("\r\n") + 1), "', and this command would write '",
                           header.substr(0, header.find_last_not_of("\r\n") + 1), "'");
  }
  uint64_t data_rows = complete - (has_header && complete > 0 ? 1 : 0);
  if (!options_.vectors_path.empty()) {
    const uint64_t extra = complete - data_rows;
    ONEDGE_RETURN_IF_ERROR(ResumeVectors(data_rows));
    ends.resize(data_rows + extra + 1);
  }
  ONEDGE_RETURN_IF_ERROR(rows_file.Truncate(ends.back()));

  // The list of rows without answer is written before the rows behind them. Its last line may be cut off.
  if (std::filesystem::exists(faults_path_, error)) {
    ONEDGE_ASSIGN_OR_RETURN(const auto faults, Rows::Open({.path = faults_path_, .header = false}));
    uint64_t end = 0;
    for (Row row;;) {
      const Result<bool> more = faults->Next(row);
      if (!more.ok() || !*more || row.end.empty()) break;
      end = faults->offset();
      if (!row.fields.empty() && row.number > 1) listed_.insert(std::strtoull(row.fields[0].c_str(), nullptr, 10));
    }
    std::filesystem::resize_file(faults_path_, end, error);
    if (error) return Internal(faults_path_, ": ", error.message());
  }
  finished_ = data_rows;
  if (options_.skips) {
    for (const uint64_t number : listed_) finished_ += number <= finished_ + 1;
  }
  return OkStatus();
}

Status Output::ResumeVectors(uint64_t& rows) {
  const OutputFile& file = files_->vectors;
  struct stat status;
  std::string header(kNpyHeaderBytes, '\0');
  if (fstat(file.descriptor, &status) != 0) return Internal(file.path, ": ", std::strerror(errno));
  const auto bytes = static_cast<uint64_t>(status.st_size);
  const ssize_t got = pread(file.descriptor, header.data(), header.size(), 0);
  if (got < static_cast<ssize_t>(header.size())) {
    rows = 0;
    return file.Truncate(0);
  }
  vector_size_ = NpyRowSize(header);
  if (vector_size_ == 0) return InvalidArgument(file.path, ": --resume: expected a file that onedge batch has written");
  rows = vector_rows_ = std::min(rows, (bytes - kNpyHeaderBytes) / (vector_size_ * sizeof(float)));
  return file.Truncate(kNpyHeaderBytes + vector_rows_ * vector_size_ * sizeof(float));
}

Status Output::WriteVectors(const std::vector<std::vector<float>>& vectors) {
  const OutputFile& file = files_->vectors;
  std::string bytes;
  for (const std::vector<float>& vector : vectors) {
    if (vector_size_ == 0 && !vector.empty()) {
      vector_size_ = vector.size();
      bytes = NpyHeader(0, vector_size_);
      const std::vector<float> none(vector_rows_ * vector_size_, std::numeric_limits<float>::quiet_NaN());
      bytes.append(reinterpret_cast<const char*>(none.data()), none.size() * sizeof(float));
    }
    ++vector_rows_;
    if (vector_size_ == 0) continue;  // rows without answer before the first vector
    const std::vector<float> none(vector.empty() ? vector_size_ : 0, std::numeric_limits<float>::quiet_NaN());
    const std::vector<float>& written = vector.empty() ? none : vector;
    if (written.size() != vector_size_) {
      return InvalidArgument("--vectors: the vectors have ", vector_size_, " and ", written.size(),
                             " values; leave --vectors away, so that they are in the output");
    }
    bytes.append(reinterpret_cast<const char*>(written.data()), written.size() * sizeof(float));
  }
  return file.Write(bytes);
}

Status Output::Write(std::string_view rows, const std::vector<std::vector<float>>& vectors,
                     const std::vector<RowFault>& faults) {
  if (!faults.empty() && options_.path != "-") {
    OutputFile& file = files_->faults;
    std::string text;
    if (file.descriptor < 0) {
      ONEDGE_RETURN_IF_ERROR(file.Open(faults_path_, O_WRONLY | O_CREAT | O_APPEND));
      struct stat status;
      if (fstat(file.descriptor, &status) == 0 && status.st_size == 0) text = "row,line,reason\n";
    }
    for (const RowFault& fault : faults) {
      if (!listed_.insert(fault.number).second) continue;
      text += StrCat(fault.number, ",", fault.line, ",");
      AppendCsvField(text, fault.reason, ',');
      text += '\n';
    }
    ONEDGE_RETURN_IF_ERROR(file.Write(text));
  }
  if (files_->vectors.descriptor >= 0) {
    ONEDGE_RETURN_IF_ERROR(WriteVectors(vectors));
  }
  return files_->rows.Write(rows);
}

Status Output::Finish() {
  const OutputFile& vectors = files_->vectors;
  if (vectors.descriptor >= 0) {
    const std::string header = NpyHeader(vector_size_ == 0 ? 0 : vector_rows_, vector_size_);
    if (pwrite(vectors.descriptor, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size())) {
      return Internal(vectors.path, ": ", std::strerror(errno));
    }
  }
  for (const OutputFile* file : {&files_->faults, &files_->vectors, &files_->rows}) {
    ONEDGE_RETURN_IF_ERROR(file->Sync());
  }
  return OkStatus();
}

}  // namespace onedge::cli

#include "cli/batch/batch.h"

#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <thread>

#include "cli/batch/ordered_pipeline.h"
#include "cli/batch/output.h"
#include "cli/batch/progress.h"
#include "cli/batch/results.h"
#include "cli/batch/row_texts.h"
#include "cli/files.h"

namespace onedge::cli {
namespace {

using Clock = std::chrono::steady_clock;

// A block is large enough that texts of one length find each other, and small enough to be written soon.
constexpr size_t kBlockRows = 256;
constexpr size_t kBlockBytes = size_t{256} << 10;
constexpr size_t kShownFaults = 10;

double SecondsSince(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

struct Block {
  std::vector<Row> rows;
  uint64_t read_bytes = 0;
  // The results.
  std::string text;
  std::vector<std::vector<float>> vectors;
  std::vector<RowFault> faults;
  double encode_seconds = 0, infer_seconds = 0;
};

// The answers of one block, on one session.
class BlockRun {
 public:
  BlockRun(api::Session& session, const BatchOptions& options, const RowTexts& texts, const ResultColumns& columns)
      : session_(session), options_(options), texts_(texts), columns_(columns) {}

  void Run(Block& block) {
    block.text.clear();
    block.vectors.clear();
    block.faults.clear();
    block.encode_seconds = block.infer_seconds = 0;
    block_ = &block;
    answers_.assign(block.rows.size(), std::nullopt);
    reasons_.assign(block.rows.size(), "");
    std::vector<size_t> all;
    std::vector<api::TaskInput> inputs;
    for (size_t i = 0; i < block.rows.size(); ++i) {
      auto input = texts_.Of(block.rows[i]);
      if (!input.ok()) {
        reasons_[i] = input.status().message();
        continue;
      }
      all.push_back(i);
      inputs.push_back(*std::move(input));
    }
    Answer(all, std::move(inputs));
    for (size_t i = 0; i < block.rows.size(); ++i) AddResult(i);
  }

 private:
  // Answers these rows together. If one of them fails, its half is tried alone, and so on down to the row.
  void Answer(std::span<const size_t> rows, std::vector<api::TaskInput> inputs) {
    if (rows.empty()) return;
    const Status status = TryAnswer(rows, inputs);
    if (status.ok()) return;
    if (rows.size() == 1) {
      reasons_[rows[0]] = status.message();
      return;
    }
    const size_t half = rows.size() / 2;
    std::vector<api::TaskInput> second(std::make_move_iterator(inputs.begin() + static_cast<ptrdiff_t>(half)),
                                       std::make_move_iterator(inputs.end()));
    inputs.resize(half);
    Answer(rows.first(half), std::move(inputs));
    Answer(rows.subspan(half), std::move(second));
  }

  Status TryAnswer(std::span<const size_t> rows, const std::vector<api::TaskInput>& inputs) {
    const auto start = Clock::now();
    auto run = session_.StartTask(inputs, options_.settings);
    block_->encode_seconds += SecondsSince(start);
    ONEDGE_RETURN_IF_ERROR(run.status());
    const auto encoded = Clock::now();
    for (bool more = true; more;) {
      ONEDGE_ASSIGN_OR_RETURN(more, (*run)->Step());
    }
    for (size_t i = 0; i < rows.size(); ++i) {
      ONEDGE_ASSIGN_OR_RETURN(answers_[rows[i]], (*run)->Answer(i));
    }
    block_->infer_seconds += SecondsSince(encoded);
    return OkStatus();
  }

  void AddResult(size_t i) {
    const Row& row = block_->rows[i];
    const bool writes_vectors = !options_.vectors.empty();
    if (answers_[i] && writes_vectors && answers_[i]->rows != 1) {
      answers_[i].reset();
      reasons_[i] = "the answer has a vector for each token; --vectors takes one for each row";
    }
    if (!answers_[i]) {
      block_->faults.push_back({row.number, row.line, reasons_[i]});
      if (options_.on_error == OnError::kSkip) return;
    }
    columns_.AppendRow(row, answers_[i] ? &*answers_[i] : nullptr, block_->text);
    if (writes_vectors) block_->vectors.push_back(answers_[i] ? std::move(answers_[i]->vector) : std::vector<float>{});
  }

  api::Session& session_;
  const BatchOptions& options_;
  const RowTexts& texts_;
  const ResultColumns& columns_;
  Block* block_ = nullptr;
  std::vector<std::optional<api::TaskAnswer>> answers_;
  std::vector<std::string> reasons_;  // why there is no answer
};

// `complete`: a last row without line end does not count; a batch writes none.
Result<uint64_t> CountRows(const TableSource& source, bool complete = false) {
  ONEDGE_ASSIGN_OR_RETURN(const auto rows, Rows::Open(source));
  uint64_t count = 0;
  for (Row row;;) {
    ONEDGE_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
    if (!more || (complete && row.end.empty())) return count;
    ++count;
  }
}

// The rows of a shard: [begin, end), from 0.
struct Range {
  uint64_t begin = 0, end = UINT64_MAX;
};
Range RangeOf(uint64_t rows, const Shard& shard) {
  return {rows * (shard.index - 1) / shard.count, rows * shard.index / shard.count};
}

Result<ResultKind> KindOf(api::AnswerForm form, const BatchOptions& options) {
  if (!options.vectors.empty()) {
    if (form != api::AnswerForm::kVectors) return InvalidArgument("--vectors: the task answers without vectors");
    return ResultKind::kNone;
  }
  if (form == api::AnswerForm::kVectors) return ResultKind::kEmbedding;
  return form == api::AnswerForm::kLabels && options.single_answer ? ResultKind::kLabel : ResultKind::kAnswer;
}

struct Totals {
  uint64_t rows = 0, faults = 0;
  double boot = 0, encode = 0, infer = 0, write = 0;
};

void PrintTotals(const Totals& totals, size_t threads, double seconds) {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const double running = seconds - totals.boot;
  std::fprintf(stderr, "boot    %9.3f s   load the model\n", totals.boot);
  std::fprintf(stderr, "encode  %9.3f s   sum of %zu thread%s\n", totals.encode, threads, threads == 1 ? "" : "s");
  std::fprintf(stderr, "infer   %9.3f s   sum of %zu thread%s\n", totals.infer, threads, threads == 1 ? "" : "s");
  std::fprintf(stderr, "write   %9.3f s\n", totals.write);
  std::fprintf(stderr, "total   %9.3f s   %llu rows, %.0f rows/s, at most %.1f MB of memory\n", seconds,
               static_cast<unsigned long long>(totals.rows),
               running > 0 ? static_cast<double>(totals.rows) / running : 0.0,
               static_cast<double>(usage.ru_maxrss) * 1024 / 1e6);
}

void PrintFaults(const std::vector<RowFault>& faults, uint64_t before) {
  for (size_t i = 0; i < faults.size() && before + i < kShownFaults; ++i) {
    std::fprintf(stderr, "row %llu (line %llu): %s\n", static_cast<unsigned long long>(faults[i].number),
                 static_cast<unsigned long long>(faults[i].line), faults[i].reason.c_str());
  }
}

}  // namespace

Status RunBatch(const BatchOptions& options) {
  const auto start = Clock::now();
  ONEDGE_ASSIGN_OR_RETURN(const TableSource source, SourceOf(options));
  ONEDGE_ASSIGN_OR_RETURN(const auto rows, Rows::Open(source));
  ONEDGE_ASSIGN_OR_RETURN(const RowTexts texts,
                          RowTexts::Create(source, rows->header(), options.column, options.pair_column));
  ONEDGE_ASSIGN_OR_RETURN(const auto model, LoadModel(options.model, {.device = options.device, .digest = false}));
  const size_t threads = options.threads > 0 ? options.threads : std::max(1u, std::thread::hardware_concurrency());
  std::vector<std::unique_ptr<api::Session>> sessions(threads);
  for (auto& session : sessions) {
    ONEDGE_ASSIGN_OR_RETURN(session, model->CreateSession());
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto probe, sessions[0]->StartTask({}, options.settings));
  ONEDGE_ASSIGN_OR_RETURN(const ResultKind kind, KindOf(probe->answer_form(), options));
  ONEDGE_ASSIGN_OR_RETURN(const ResultColumns columns,
                          ResultColumns::Create(kind, options.prefix, source, rows->header()));

  Range range;
  OutputOptions output_options{options.output, options.vectors, options.resume, options.on_error == OnError::kSkip};
  if (options.shard) {
    if (options.input == "-") return InvalidArgument("--shard: needs a file as --input, got '-'");
    ONEDGE_ASSIGN_OR_RETURN(const uint64_t count, CountRows(source));
    range = RangeOf(count, *options.shard);
    output_options.path = ShardPath(options.output, *options.shard);
    if (!options.vectors.empty()) output_options.vectors_path = ShardPath(options.vectors, *options.shard);
  }
  std::error_code ignored;
  if (std::filesystem::equivalent(options.input, output_options.path, ignored)) {
    return InvalidArgument(options.output, ": --output is the same file as --input");
  }
  ONEDGE_ASSIGN_OR_RETURN(const auto output, Output::Open(output_options, source, columns.Header(rows->header())));
  range.begin += output->finished_rows();
  if (options.resume && output->finished_rows() > 0) {
    std::fprintf(stderr, "resume: %llu rows are done\n", static_cast<unsigned long long>(output->finished_rows()));
  }

  Totals totals{.boot = SecondsSince(start)};
  std::vector<BlockRun> runs;
  for (auto& session : sessions) runs.emplace_back(*session, options, texts, columns);
  Progress progress;

  PipelineStages<Block> stages;
  stages.produce = [&](Block& block) -> Result<bool> {
    size_t count = 0, bytes = 0;
    while (count < kBlockRows && bytes < kBlockBytes) {
      if (block.rows.size() == count) block.rows.emplace_back();
      Row& row = block.rows[count];
      ONEDGE_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
      if (!more || row.number > range.end) break;
      if (row.number <= range.begin) continue;
      bytes += row.raw.size();
      ++count;
    }
    block.rows.resize(count);
    block.read_bytes = rows->offset();
    return count > 0;
  };
  stages.work = [&](size_t worker, Block& block) { runs[worker].Run(block); };
  stages.consume = [&](Block& block) -> Status {
    const auto begin = Clock::now();
    if (options.on_error == OnError::kFail && !block.faults.empty()) {
      const RowFault& fault = block.faults[0];
      // The rows before it are written, so that --resume begins with it.
      block.rows.resize(fault.number - block.rows[0].number);
      runs[0].Run(block);
      ONEDGE_RETURN_IF_ERROR(output->Write(block.text, block.vectors, {}));
      return InvalidArgument(options.input, ", row ", fault.number, " (line ", fault.line, "): ", fault.reason,
                             "; --on-error skip or empty goes on");
    }
    PrintFaults(block.faults, totals.faults);
    ONEDGE_RETURN_IF_ERROR(output->Write(block.text, block.vectors, block.faults));
    totals.rows += block.rows.size();
    totals.faults += block.faults.size();
    totals.encode += block.encode_seconds;
    totals.infer += block.infer_seconds;
    totals.write += SecondsSince(begin);
    const auto total = static_cast<double>(rows->total_bytes());
    progress.Show(totals.rows, total > 0 ? static_cast<double>(block.read_bytes) / total : -1);
    return OkStatus();
  };
  stages.cancel = [&] { rows->Cancel(); };
  ONEDGE_RETURN_IF_ERROR(RunOrderedPipeline(threads, stages));

  const auto begin = Clock::now();
  ONEDGE_RETURN_IF_ERROR(output->Finish());
  totals.write += SecondsSince(begin);
  if (totals.faults > 0) {
    std::fprintf(stderr, "%llu of %llu rows have no answer and are %s%s%s\n",
                 static_cast<unsigned long long>(totals.faults), static_cast<unsigned long long>(totals.rows),
                 options.on_error == OnError::kSkip ? "left out" : "empty", options.output == "-" ? "" : ": see ",
                 options.output == "-" ? "" : output->faults_path().c_str());
  }
  PrintTotals(totals, threads, SecondsSince(start));
  return OkStatus();
}

Result<Shard> ParseShard(const std::string& text) {
  Shard shard;
  const char* const end = text.data() + text.size();
  const auto index = std::from_chars(text.data(), end, shard.index);
  if (index.ec == std::errc() && index.ptr != end && *index.ptr == '/') {
    const auto count = std::from_chars(index.ptr + 1, end, shard.count);
    if (count.ec == std::errc() && count.ptr == end && shard.index >= 1 && shard.index <= shard.count) return shard;
  }
  return InvalidArgument("--shard: expected I/N with I from 1 to N, got '", text, "'");
}

std::string ShardPath(const std::string& path, const Shard& shard) {
  const std::filesystem::path whole(path);
  const std::string name =
      StrCat(whole.stem().string(), ".", shard.index, "-of-", shard.count, whole.extension().string());
  return (whole.parent_path() / name).string();
}

Result<TableSource> SourceOf(const BatchOptions& options) {
  TableSource source{.path = options.input, .header = options.header};
  const std::string ending = std::filesystem::path(options.input).extension().string();
  if (options.format == "jsonl" || (options.format.empty() && (ending == ".jsonl" || ending == ".ndjson"))) {
    source.format = TableFormat::kJsonLines;
    if (!options.delimiter.empty() || !options.header) {
      return InvalidArgument("--delimiter and --no-header: the input is JSON Lines, these are for CSV");
    }
    return source;
  }
  if (options.delimiter.empty()) {
    if (ending == ".tsv") source.delimiter = '\t';
    return source;
  }
  const std::string given = options.delimiter == "\\t" || options.delimiter == "tab" ? "\t" : options.delimiter;
  if (given.size() != 1 || given == "\"" || given == "\n" || given == "\r") {
    return InvalidArgument("--delimiter: expected one character or 'tab', got '", options.delimiter, "'");
  }
  source.delimiter = given[0];
  return source;
}

namespace {

// Each part with its own count: an unfinished shard must not be merged.
Status CheckComplete(const TableSource& part, const std::string& path, uint64_t expected) {
  TableSource source = part;
  source.path = path;
  ONEDGE_ASSIGN_OR_RETURN(uint64_t rows, CountRows(source, /*complete=*/true));
  std::error_code error;
  const std::string skipped = path + ".skipped.csv";
  if (std::filesystem::exists(skipped, error)) {
    ONEDGE_ASSIGN_OR_RETURN(const uint64_t count, CountRows({.path = skipped}, /*complete=*/true));
    rows += count;
  }
  if (rows == expected) return OkStatus();
  return InvalidArgument(path, ": has ", rows, " of ", expected, " rows; finish it with --resume");
}

// The rows of one file without its header.
Status AppendRows(const TableSource& source, const std::function<Status(std::span<const uint8_t>)>& write,
                  bool with_header) {
  ONEDGE_ASSIGN_OR_RETURN(const auto rows, Rows::Open(source));
  const auto put = [&](const Row& row) {
    const std::string text = row.raw + row.end;
    return write({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  };
  if (with_header) {
    ONEDGE_RETURN_IF_ERROR(put(rows->header()));
  }
  for (Row row;;) {
    ONEDGE_ASSIGN_OR_RETURN(const bool more, rows->Next(row));
    if (!more) return OkStatus();
    ONEDGE_RETURN_IF_ERROR(put(row));
  }
}

}  // namespace

Status MergeShards(const BatchOptions& options) {
  ONEDGE_ASSIGN_OR_RETURN(TableSource source, SourceOf(options));
  if (!options.vectors.empty())
    return InvalidArgument("--merge: the parts of --vectors are not merged; numpy.concatenate joins them");
  uint64_t count = 0;
  std::error_code error;
  for (uint64_t n = 1; n <= 100'000 && count == 0; ++n) {
    if (std::filesystem::exists(ShardPath(options.output, {n, n}), error)) count = n;
  }
  if (count == 0) return NotFound(ShardPath(options.output, {1, 2}), ": --merge found no parts with such names");
  if (std::filesystem::exists(options.output, error))
    return InvalidArgument(options.output, ": the file exists; remove it first");
  ONEDGE_ASSIGN_OR_RETURN(const uint64_t total, CountRows(source));
  for (uint64_t i = 1; i <= count; ++i) {
    const Range range = RangeOf(total, {i, count});
    ONEDGE_RETURN_IF_ERROR(CheckComplete(source, ShardPath(options.output, {i, count}), range.end - range.begin));
  }
  return WriteFile(options.output, [&](const auto& write) -> Status {
    for (uint64_t i = 1; i <= count; ++i) {
      source.path = ShardPath(options.output, {i, count});
      ONEDGE_RETURN_IF_ERROR(AppendRows(source, write, i == 1));
    }
    return OkStatus();
  });
}

}  // namespace onedge::cli

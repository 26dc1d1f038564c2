// onedge batch: the task of a model on a column of a table.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/model.h"
#include "cli/batch/rows.h"

namespace onedge::cli {

enum class OnError : uint8_t { kFail, kSkip, kEmpty };

// A part of the rows: the index-th of count parts of the same size, from 1.
struct Shard {
  uint64_t index = 1, count = 1;
};

struct BatchOptions {
  std::string model;
  std::string input, output;
  std::string column, pair_column;  // names, or numbers from 1 without a header
  std::string format;               // "csv", "jsonl" or "": by the name of the input
  std::string delimiter;            // "": by the name of the input
  bool header = true;
  std::string vectors;  // .npy
  std::string prefix;
  api::Settings settings;
  bool single_answer = true;  // one label for each row
  OnError on_error = OnError::kFail;
  std::optional<Shard> shard;
  bool resume = false;
  size_t threads = 0;  // 0: one for each core
  std::string device = "auto";
};

// Writes the results, and a table of times to stderr at the end.
Status RunBatch(const BatchOptions& options);

// Joins the outputs of all shards in the order of the input, once they are complete.
Status MergeShards(const BatchOptions& options);

// "I/N", both from 1 on.
Result<Shard> ParseShard(const std::string& text);
// The file of one shard: "out.csv" becomes "out.2-of-8.csv".
std::string ShardPath(const std::string& path, const Shard& shard);
// The table that `input` names, by the options and its ending.
Result<TableSource> SourceOf(const BatchOptions& options);

}  // namespace onedge::cli

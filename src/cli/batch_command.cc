// onedge batch: runs the task of a model on a column of a CSV or JSON Lines file.
#include "cli/batch/batch.h"
#include "cli/commands.h"
#include "cli/setting.h"

namespace onedge::cli {

void AddBatchCommand(CLI::App& app, Status& result) {
  struct Options : BatchOptions {
    std::vector<std::string> texts;
    std::string shard_text, task;
    std::optional<uint64_t> top_k;
    std::vector<std::string> labels;
    bool merge = false, no_header = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand("batch", "Run a model on a column of a CSV or JSON Lines file");
  command->add_option("model", options->model, ".onnx or .onedge file; not with --merge");
  command->add_option("--input", options->input, "CSV or JSON Lines file, or - for standard input")->required();
  command->add_option("--output", options->output, "file for the rows with their results, or - for standard output")
      ->required();
  command->add_option("--column", options->column, "the column with the text; with --no-header its number, from 1");
  command->add_option("--pair-column", options->pair_column, "the column with the second text of each pair");
  command
      ->add_option("--format", options->format,
                   "csv or jsonl; default: jsonl if the input ends in .jsonl or .ndjson, else csv")
      ->check(CLI::IsMember({"csv", "jsonl"}));
  command->add_option(
      "--delimiter", options->delimiter,
      "between the fields of CSV: a character or 'tab'; default: a comma, or a tab if the input ends in .tsv");
  command->add_flag("--no-header", options->no_header, "the first row of the CSV is data");
  command->add_option("--vectors", options->vectors, "a .npy file for vectors, instead of a column");
  command->add_option("--prefix", options->prefix, "before the name of each new column");
  command->add_option("--task", options->task, "another task than the model's own");
  command->add_option("--top-k", options->top_k, "number of answers for each row, as JSON in one column; 0: all");
  command->add_option("--candidate-labels", options->labels, "labels for zero-shot classification, separated by commas")
      ->delimiter(',');
  command->add_option("--option", options->texts,
                      "NAME=VALUE, any option of the task, e.g. truncation=true (repeatable)");
  command
      ->add_option("--on-error", options->on_error,
                   "for a row without answer: fail (stop there), skip (leave it out) or empty (empty results)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, OnError>{
          {"fail", OnError::kFail}, {"skip", OnError::kSkip}, {"empty", OnError::kEmpty}}));
  command->add_flag("--resume", options->resume, "go on after an interruption: no row is lost or there twice");
  command->add_option("--shard", options->shard_text,
                      "I/N: only the I-th of N parts of the rows; the output's name gets .I-of-N");
  command->add_flag("--merge", options->merge, "join the outputs of all shards");
  command->add_option("--threads", options->threads, "threads; 0: one for each core")->capture_default_str();
  command->add_option("--device", options->device, "where to run: cpu, cuda or auto")->capture_default_str();
  command->callback([options, &result] {
    const auto run = [&]() -> Status {
      options->header = !options->no_header;
      if (options->merge) return MergeShards(*options);
      if (options->model.empty()) return InvalidArgument("batch: a model is missing");
      if (options->column.empty()) return InvalidArgument("batch: --column is missing: the column with the text");
      for (const std::string& text : options->texts) {
        ONEDGE_ASSIGN_OR_RETURN(const api::Settings parsed, ParseSetting(text));
        for (const auto& entry : parsed.entries()) options->settings.Set(entry.name, entry.value);
      }
      if (!options->task.empty()) options->settings.Set("task", options->task);
      if (options->top_k) options->settings.Set("top_k", static_cast<double>(*options->top_k));
      if (!options->labels.empty()) options->settings.Set("candidate_labels", options->labels);
      options->single_answer = options->top_k.value_or(1) == 1;
      if (!options->shard_text.empty()) {
        ONEDGE_ASSIGN_OR_RETURN(options->shard, ParseShard(options->shard_text));
        if (options->output == "-") return InvalidArgument("--shard: needs a file as --output, got '-'");
      }
      return RunBatch(*options);
    };
    result = run();
  });
}

}  // namespace onedge::cli

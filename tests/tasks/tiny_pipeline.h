// TinyPipeline: a tokenizer of words, and models whose answers can be computed by hand: the outputs of each token are a
// row of a table.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <vector>

#include "backends/cpu/cpu_backend.h"
#include "tasks/task_json.h"
#include "tasks/task_run.h"
#include "tests/graph_builder.h"

namespace onedge::tasks {

// Ids: 0 [CLS], 1 [SEP], 2 [MASK], 3 [UNK], then the words. "##" begins the rest of a word, as in WordPiece.
inline const std::vector<std::string>& TinyVocabulary() {
  static const std::vector<std::string> kWords = {"[CLS]", "[SEP]", "[MASK]", "[UNK]", "paris", "##ian",
                                                  "is",    "big",   "new",    "york",  "q",     "é"};
  return kWords;
}

// `truncation`: that of tokenizer.json.
inline std::unique_ptr<const tokenizer::Tokenizer> TinyTokenizer(std::string_view truncation = "null") {
  std::string vocabulary;
  for (size_t i = 0; i < TinyVocabulary().size(); ++i) {
    vocabulary += StrCat(i == 0 ? "" : ", ", "\"", TinyVocabulary()[i], "\": ", i);
  }
  std::string added;
  for (int i = 0; i < 4; ++i) {
    added +=
        StrCat(i == 0 ? "" : ", ", R"({"id": )", i, R"(, "content": ")", TinyVocabulary()[static_cast<size_t>(i)],
               R"(", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false, "special": true})");
  }
  const std::string json = StrCat(
      R"({"version": "1.0", "truncation": )", truncation, R"(, "padding": null, "added_tokens": [)", added,
      R"(], "normalizer": null, "pre_tokenizer": {"type": "BertPreTokenizer"}, "post_processor": {"type": )",
      R"("BertProcessing", "sep": ["[SEP]", 1], "cls": ["[CLS]", 0]}, "decoder": {"type": "WordPiece", "prefix": )",
      R"("##", "cleanup": true}, "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": )",
      R"("##", "max_input_chars_per_word": 100, "vocab": {)", vocabulary, "}}}");
  auto tokenizer = tokenizer::Tokenizer::Load({reinterpret_cast<const uint8_t*>(json.data()), json.size()});
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status().ToString();
  return std::move(tokenizer).value();
}

// Row i belongs to token i; tokens without a row have zeros. `columns` outputs for each token, named `name`.
using TokenTable = std::vector<std::vector<float>>;
inline std::vector<float> Flat(const TokenTable& table, size_t columns) {
  std::vector<float> out(TinyVocabulary().size() * columns);
  for (size_t i = 0; i < table.size(); ++i)
    std::copy(table[i].begin(), table[i].end(), out.begin() + static_cast<ptrdiff_t>(i * columns));
  return out;
}

struct TinyModel {
  testing::GraphBuilder builder;
  graph::ValueId ids;

  explicit TinyModel(testing::GraphBuilder::TestDim batch = "batch", testing::GraphBuilder::TestDim tokens = "tokens")
      : ids(builder.Input("input_ids", DType::kInt64, {batch, tokens})) {}

  graph::ValueId Rows(const TokenTable& table) {
    const size_t columns = table[0].size();
    const Shape shape = {static_cast<int64_t>(TinyVocabulary().size()), static_cast<int64_t>(columns)};
    return builder.Node("Gather", {builder.Floats(shape, Flat(table, columns)), ids});
  }
  // [batch, tokens, columns]
  TinyModel& PerToken(const TokenTable& table, std::string name = "logits") {
    builder.Output(Rows(table), std::move(name));
    return *this;
  }
  // [batch, tokens]
  TinyModel& Scalar(const TokenTable& table, std::string name) {
    builder.Output(builder.Node("Squeeze", {Rows(table), builder.Ints({1}, {2})}), std::move(name));
    return *this;
  }
  // [batch, columns]: the sum over the tokens
  TinyModel& Summed(const TokenTable& table) {
    builder.Output(builder.Node("ReduceSum", {Rows(table), builder.Ints({1}, {1})}, {{"keepdims", int64_t{0}}}),
                   "logits");
    return *this;
  }
};

// One entry of an answer, read from its JSON.
struct JsonEntry {
  std::string label;  // or entity, entity_group
  std::string word;   // or answer
  float score = 0;
  int64_t index = -1, start = -1, end = -1;
};

// The entries of each answer that is an array of them.
inline std::vector<std::vector<JsonEntry>> EntriesOf(const TaskRun& run) {
  const std::string json = WriteTaskAnswers(run, true).value();
  const JsonDocument document = JsonDocument::Parse(json, "answers").value();
  std::vector<std::vector<JsonEntry>> answers;
  for (JsonCursor answer(document.root()); answer.Next();) {
    std::vector<JsonEntry>& entries = answers.emplace_back();
    for (JsonCursor entry(answer.value()); entry.Next();) {
      JsonEntry& out = entries.emplace_back();
      for (JsonCursor member(entry.value()); member.Next();) {
        const std::string_view name = member.key();
        const JsonValue value = member.value();
        if (name == "label" || name == "entity" || name == "entity_group") out.label = value.string();
        if (name == "word" || name == "answer") out.word = value.string();
        if (name == "score") out.score = static_cast<float>(value.number());
        if (name == "index") out.index = *value.Integer();
        if (name == "start") out.start = *value.Integer();
        if (name == "end") out.end = *value.Integer();
      }
    }
  }
  return answers;
}

class TinyPipeline {
 public:
  TinyPipeline(graph::Graph graph, std::string task, std::vector<std::string> labels = {},
               MemoryBudget* budget = nullptr, std::string_view truncation = "null")
      : tokenizer_(TinyTokenizer(truncation)) {
    const backends::Backend* const backends[] = {&backend_};
    auto model = runtime::Model::Create(std::move(graph), {.backends = backends, .budget = budget});
    EXPECT_TRUE(model.ok()) << model.status().ToString();
    model_ = *model;
    session_ = std::move(runtime::Session::Create(model_)).value();
    manifest_.task = std::move(task);
    manifest_.labels = std::move(labels);
  }
  TinyPipeline(TinyModel& model, std::string task, std::vector<std::string> labels = {},
               std::string_view truncation = "null")
      : TinyPipeline(model.builder.Build(), std::move(task), std::move(labels), nullptr, truncation) {}

  package::Manifest& manifest() { return manifest_; }
  runtime::Session& session() { return *session_; }
  Result<Pipeline> pipeline() { return Pipeline::Create(*model_, tokenizer_.get(), manifest_); }
  Status status() { return pipeline().status(); }

  Result<std::unique_ptr<TaskRun>> Start(std::vector<TaskInput> inputs, std::string_view options = "{}",
                                         const StartOptions& limits = {}) {
    ONEDGE_ASSIGN_OR_RETURN(const Pipeline pipeline, this->pipeline());
    ONEDGE_ASSIGN_OR_RETURN(const package::Settings settings, package::ParseSettings(options));
    return pipeline.Start(std::move(inputs), settings, limits);
  }
  // The answers as JSON, or the error; counts the batches.
  std::string Run(std::vector<TaskInput> inputs, std::string_view options = "{}") {
    auto run = Start(std::move(inputs), options);
    if (!run.ok()) return run.status().ToString();
    steps_ = 0;
    for (;;) {
      ++steps_;
      const auto more = (*run)->Step(*session_);
      if (!more.ok()) return more.status().ToString();
      if (!*more) break;
    }
    const auto json = WriteTaskAnswers(**run, true);
    return json.ok() ? *json : json.status().ToString();
  }
  std::string Run(std::string_view inputs, std::string_view options = "{}") {
    auto parsed = ParseTaskInputs(inputs);
    return parsed.ok() ? Run(std::move(*parsed), options) : parsed.status().ToString();
  }
  size_t steps() const { return steps_; }

 private:
  backends::cpu::CpuBackend backend_;
  std::unique_ptr<const tokenizer::Tokenizer> tokenizer_;
  std::shared_ptr<const runtime::Model> model_;
  std::unique_ptr<runtime::Session> session_;
  package::Manifest manifest_;
  size_t steps_ = 0;
};

}  // namespace onedge::tasks

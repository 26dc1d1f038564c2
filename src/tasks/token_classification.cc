// token-classification: a class for each token, or for each group of related tokens. Labels may begin with B-, I-, E-
// or S-; groups have the label without it. The aggregation is that of transformers' TokenClassificationPipeline, except
// that a group's word is the text itself.
#include <algorithm>

#include "tasks/offsets.h"
#include "tasks/registry.h"
#include "tasks/scores.h"
#include "tasks/text_lines.h"
#include "tasks/text_task.h"

namespace onedge::tasks {
namespace {

enum class Aggregation : uint8_t { kNone, kSimple, kFirst, kAverage, kMax };
constexpr std::string_view kAggregations[] = {"none", "simple", "first", "average", "max"};

// A token, or a word of several tokens, with its scores.
struct Unit {
  std::vector<double> scores;  // [labels]
  size_t first;                // token
  size_t last;
  size_t best() const { return static_cast<size_t>(std::ranges::max_element(scores) - scores.begin()); }
};

// 'B', 'I', 'E' or 'S', and the rest of the label; a label without such a prefix counts as 'I'.
std::pair<char, std::string_view> TagOf(std::string_view label) {
  const bool prefixed =
      label.size() > 1 && label[1] == '-' && std::string_view("BIES").find(label[0]) != std::string::npos;
  return prefixed ? std::pair(label[0], label.substr(2)) : std::pair('I', label);
}

// Joins the tokens of each word.
std::vector<Unit> Words(std::vector<Unit> tokens, const tokenizer::Encoding& encoding, Aggregation strategy) {
  std::vector<Unit> words;
  std::vector<size_t> counts;
  for (Unit& token : tokens) {
    const int32_t word_id = encoding.tokens[token.first].word_id;
    if (words.empty() || word_id < 0 || word_id != encoding.tokens[words.back().last].word_id) {
      words.push_back(std::move(token));
      counts.push_back(1);
      continue;
    }
    Unit& word = words.back();
    word.last = token.last;
    ++counts.back();
    if (strategy == Aggregation::kAverage) {
      for (size_t i = 0; i < word.scores.size(); ++i) word.scores[i] += token.scores[i];
    } else if (strategy == Aggregation::kMax && token.scores[token.best()] > word.scores[word.best()]) {
      word.scores = std::move(token.scores);
    }
  }
  if (strategy == Aggregation::kAverage) {
    for (size_t w = 0; w < words.size(); ++w) {
      for (double& score : words[w].scores) score /= static_cast<double>(counts[w]);
    }
  }
  return words;
}

}  // namespace

class TokenClassification final : public TextTask {
 public:
  using TextTask::TextTask;

  InputForm form() const override { return {}; }

  void AddSettings(std::vector<Setting>& settings) override {
    TextTask::AddSettings(settings);
    settings.push_back({"aggregation_strategy", ChoiceOf(kAggregations, &aggregation_strategy_)});
    settings.push_back({"ignore_labels", &ignore_labels_});
    settings.push_back({"output", &output_});
  }

  Status Check(BatchShape& shape) const override {
    ONEDGE_RETURN_IF_ERROR(CheckLabels());
    return TextTask::Check(shape);
  }

  void Reserve(size_t inputs) override { answers_.resize(inputs); }

  // logits: float32 [tokens, labels]
  Status Consume(const Sequence& sequence, const ModelOutputs& outputs) override {
    ONEDGE_ASSIGN_OR_RETURN(const OutputRows logits, outputs.Rows(kLogits, output_));
    const tokenizer::Encoding& encoding = sequence.encoding;
    if (logits.rows < encoding.size() || logits.columns != labels().size()) {
      return InvalidArgument("the model gives [", logits.rows, ", ", logits.columns, "] scores, but there are ",
                             encoding.size(), " tokens and ", labels().size(), " labels");
    }
    ONEDGE_RETURN_IF_ERROR(CheckNumbers({logits.data, encoding.size() * logits.columns}));
    std::vector<Unit> units;
    for (size_t t = 0; t < encoding.size(); ++t) {
      if (!encoding.tokens[t].special_tokens_mask) units.push_back({Softmax(logits.row(t)), t, t});
    }
    if (grouped() && aggregation_strategy_ != Aggregation::kSimple) {
      units = Words(std::move(units), encoding, aggregation_strategy_);
    }
    std::vector<Entry>& entries = answers_[sequence.input];
    Group(units, encoding, entries);
    std::erase_if(entries, [&](const Entry& entry) {
      return std::ranges::find(ignore_labels_, entry.label) != ignore_labels_.end();
    });
    return NameWords(input(sequence.input).text, encoding, entries);
  }

  Status Finish(uint32_t input) override {
    OffsetCounter offsets(this->input(input).text, context().unit);
    for (Entry& entry : answers_[input]) {
      entry.start = offsets.At(entry.start);
      entry.end = offsets.At(entry.end);
    }
    return OkStatus();
  }

  void WriteJson(size_t input, AnswerWriter& json) const override {
    json.Array();
    for (const Entry& entry : answers_[input]) {
      json.Object();
      json.Key(grouped() ? "entity_group" : "entity").Text(entry.label);
      json.Key("score").Score(entry.score);
      if (!grouped()) json.Key("index").Int(static_cast<int64_t>(entry.token));
      json.Key("word").Text(entry.word);
      json.Key("start").Int(entry.start);
      json.Key("end").Int(entry.end);
      json.End();
    }
    json.End();
  }

  bool WriteText(size_t input, std::string& out) const override {
    for (const Entry& entry : answers_[input]) {
      out += StrCat(Padded(entry.label, 12), " ", Fixed(entry.score), "  ", Range(entry.start, entry.end), "  ",
                    entry.word, "\n");
    }
    return true;
  }

 private:
  struct Entry {
    std::string label;
    float score;
    size_t token;   // for a group: its first token
    int64_t start;  // byte offsets; after Finish in the caller's unit
    int64_t end;
    std::string word = {};
  };

  bool grouped() const { return aggregation_strategy_ != Aggregation::kNone; }

  // Makes an entry for each unit, or for each group of related units.
  void Group(const std::vector<Unit>& units, const tokenizer::Encoding& encoding, std::vector<Entry>& entries) const {
    size_t members = 0;  // units of the last group
    bool open = false;   // whether the last group may continue
    double sum = 0;      // of its scores
    for (const Unit& unit : units) {
      const size_t best = unit.best();
      const auto [prefix, tag] = TagOf(labels()[best]);
      const uint32_t end = encoding.tokens[unit.last].offset.end;
      if (grouped() && open && entries.back().label == tag && prefix != 'B' && prefix != 'S') {
        sum += unit.scores[best];
        entries.back().score = static_cast<float>(sum / static_cast<double>(++members));
        entries.back().end = end;
      } else {
        sum = unit.scores[best];
        members = 1;
        entries.push_back({grouped() ? std::string(tag) : labels()[best], static_cast<float>(sum), unit.first,
                           encoding.tokens[unit.first].offset.begin, end});
      }
      open = prefix != 'E' && prefix != 'S';
    }
  }

  // A group's word is cut from the text; a token's word is the token.
  Status NameWords(std::string_view text, const tokenizer::Encoding& encoding, std::vector<Entry>& entries) const {
    for (Entry& entry : entries) {
      if (grouped()) {
        entry.word = text.substr(static_cast<size_t>(entry.start), static_cast<size_t>(entry.end - entry.start));
      } else {
        const int32_t id = encoding.tokens[entry.token].id;
        ONEDGE_ASSIGN_OR_RETURN(entry.word, tokenizer().Decode({&id, 1}, false));
      }
    }
    return OkStatus();
  }

  Aggregation aggregation_strategy_ = Aggregation::kNone;
  std::vector<std::string> ignore_labels_ = {"O"};
  std::string output_;
  std::vector<std::vector<Entry>> answers_;
};

template <>
std::unique_ptr<Task> Make<TokenClassification>(const TaskContext& context) {
  return std::make_unique<TokenClassification>(context);
}

}  // namespace onedge::tasks

#include "tasks/token_classification.h"

#include <algorithm>

#include "tasks/scores.h"

namespace onedge::tasks {
namespace {

// A token, or a word of several, with its scores.
struct Unit {
  std::vector<double> scores;  // [labels]
  size_t first;                // token
  size_t last;
  size_t best() const { return static_cast<size_t>(std::max_element(scores.begin(), scores.end()) - scores.begin()); }
};

// 'B', 'I', 'E' or 'S', and what follows it; a label without such a prefix counts as 'I'.
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

Status ClassifyTokens(const OutputRows& logits, std::string_view text, const tokenizer::Encoding& encoding,
                      const tokenizer::Tokenizer& tokenizer, const std::vector<std::string>& labels,
                      const TaskOptions& options, std::vector<Answer>& entries) {
  if (logits.rows < encoding.size() || logits.columns != labels.size()) {
    return InvalidArgument("the model gives [", logits.rows, ", ", logits.columns, "] scores, but there are ",
                           encoding.size(), " tokens and ", labels.size(), " labels");
  }
  ONEDGE_RETURN_IF_ERROR(CheckNumbers({logits.data, encoding.size() * logits.columns}));
  std::vector<Unit> units;
  for (size_t t = 0; t < encoding.size(); ++t) {
    if (!encoding.tokens[t].special_tokens_mask) units.push_back({Softmax(logits.row(t)), t, t});
  }
  const Aggregation strategy = options.aggregation_strategy;
  const bool grouped = strategy != Aggregation::kNone;
  if (grouped && strategy != Aggregation::kSimple) units = Words(std::move(units), encoding, strategy);

  size_t members = 0;  // units of the last group
  bool open = false;   // whether the last group may go on
  double sum = 0;      // of its scores
  for (const Unit& unit : units) {
    const size_t best = unit.best();
    const auto [prefix, tag] = TagOf(labels[best]);
    const uint32_t end = encoding.tokens[unit.last].offset.end;
    if (grouped && open && entries.back().label == tag && prefix != 'B' && prefix != 'S') {
      sum += unit.scores[best];
      entries.back().score = static_cast<float>(sum / static_cast<double>(++members));
      entries.back().end = end;
    } else {
      sum = unit.scores[best];
      members = 1;
      Answer& entry = entries.emplace_back();
      entry.label = grouped ? std::string(tag) : labels[best];
      entry.score = static_cast<float>(sum);
      entry.index = grouped ? -1 : static_cast<int64_t>(unit.first);
      entry.start = encoding.tokens[unit.first].offset.begin;
      entry.end = end;
    }
    open = prefix != 'E' && prefix != 'S';
  }
  const auto& ignored = options.ignore_labels;
  std::erase_if(entries, [&](const Answer& entry) {
    return std::find(ignored.begin(), ignored.end(), entry.label) != ignored.end();
  });
  for (Answer& entry : entries) {
    if (grouped) {
      entry.word = text.substr(static_cast<size_t>(entry.start), static_cast<size_t>(entry.end - entry.start));
    } else {
      const int32_t id = encoding.tokens[static_cast<size_t>(entry.index)].id;
      ONEDGE_ASSIGN_OR_RETURN(entry.word, tokenizer.Decode({&id, 1}, false));
    }
  }
  return OkStatus();
}

}  // namespace onedge::tasks

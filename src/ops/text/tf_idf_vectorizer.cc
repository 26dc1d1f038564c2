// TfIdfVectorizer (ai.onnx 9): counts the n-grams of a pool in a sequence, also n-grams with skipped words. The counts
// are kept, reduced to 0 or 1, or weighted.
#include <algorithm>
#include <map>

#include "ops/movement/indices.h"
#include "ops/op.h"

namespace onedge::ops {
namespace {

// A position in the pool; size + 1 if it lies outside, so that the checks below fail.
size_t CheckedRange(int64_t place, size_t size) {
  return place < 0 || static_cast<uint64_t>(place) > size ? size + 1 : static_cast<size_t>(place);
}

}  // namespace

struct TfIdfVectorizer final : Op {
  enum class Mode : uint8_t { kTf, kIdf, kTfIdf };
  Mode mode = Mode::kTf;
  size_t least = 1, most = 1;  // words of an n-gram
  int64_t most_skipped = 0;
  int64_t columns = 0;
  std::vector<float> weights;                   // of each n-gram; empty: 1
  std::vector<int64_t> ngram_columns;           // of each n-gram
  std::map<std::string, int64_t> string_words;  // pools of strings: the words, numbered
  bool strings = false;

  // A trie of the n-grams: (node, word) -> node; node 0 is the root. ngram: the n-gram that ends at a node, or -1.
  std::map<std::pair<int64_t, int64_t>, int64_t> children;
  std::vector<int64_t> ngram = {-1};

  void AddNgram(std::span<const int64_t> words, int64_t number) {
    int64_t node = 0;
    for (int64_t word : words) {
      const auto [found, added] = children.try_emplace({node, word}, static_cast<int64_t>(ngram.size()));
      if (added) ngram.push_back(-1);
      node = found->second;
    }
    ngram[static_cast<size_t>(node)] = number;
  }

  Status InferShapes(ShapeContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.RequireTensor(0));
    std::optional<Dims> dims;
    if (const Dims* from = ctx.InputDims(0)) {
      if (from->empty() || from->size() > 2) return InvalidArgument("input 0: expected [words] or [batch, words]");
      dims = *from;
      dims->back() = Dim::Known(columns);
    }
    ctx.SetOutput(0, DType::kFloat32, std::move(dims));
    return OkStatus();
  }

  void Count(std::span<const int64_t> words, float* row) const {
    for (size_t start = 0; start < words.size(); ++start) {
      for (int64_t skipped = 0; skipped <= most_skipped; ++skipped) {
        const auto step = static_cast<size_t>(skipped) + 1;
        int64_t node = 0;
        size_t length = 0;
        for (size_t at = start; at < words.size() && length < most; at += step) {
          const auto child = children.find({node, words[at]});
          if (child == children.end()) break;
          node = child->second;
          ++length;
          const int64_t number = ngram[static_cast<size_t>(node)];
          // A single word has nothing to skip and counts once.
          if (number >= 0 && length >= least && (length > 1 || skipped == 0)) {
            row[ngram_columns[static_cast<size_t>(number)]] += 1.0f;
          }
        }
        if (step >= words.size()) break;
      }
    }
  }

  // x: i32, i64 or string [words] or [batch, words] -> f32 [columns] or [batch, columns]
  Status Run(OpContext& ctx) const override {
    ONEDGE_RETURN_IF_ERROR(ctx.CheckTensors(1));
    const Tensor& x = ctx.Input(0);
    if (x.rank() < 1 || x.rank() > 2 || (x.dtype() == DType::kString) != strings) {
      return InvalidArgument("input 0: expected ", strings ? "strings" : "integers", " [words] or [batch, words], got ",
                             x);
    }
    std::vector<int64_t> words;
    if (strings) {
      for (const std::string& word : x.strings()) {
        const auto found = string_words.find(word);
        words.push_back(found == string_words.end() ? -1 : found->second);
      }
    } else {
      ONEDGE_ASSIGN_OR_RETURN(const Indices indices, Indices::Of(x, 0));
      for (int64_t i = 0; i < x.element_count(); ++i) words.push_back(indices[i]);
    }
    Shape shape = x.shape();
    const auto length = static_cast<size_t>(shape.back());
    const size_t rows = x.rank() == 1 ? 1 : static_cast<size_t>(x.dim(0));
    shape.back() = columns;
    ONEDGE_ASSIGN_OR_RETURN(Tensor* const y, ctx.Output(0, DType::kFloat32, shape));
    float* const to = y->mutable_data<float>();
    std::fill_n(to, y->element_count(), 0.0f);
    for (size_t r = 0; r < rows; ++r) {
      float* const row = to + r * static_cast<size_t>(columns);
      Count({words.data() + r * length, length}, row);
      if (mode == Mode::kTf) continue;
      for (size_t i = 0; i < ngram_columns.size(); ++i) {
        float& value = row[ngram_columns[i]];
        const float weight = weights.empty() ? 1.0f : weights[i];
        value = mode == Mode::kIdf ? (value > 0 ? weight : 0.0f) : value * weight;
      }
    }
    return OkStatus();
  }
};

template <>
Result<OpPtr> Parse<TfIdfVectorizer>(AttributeReader& attrs) {
  auto op = std::make_unique<TfIdfVectorizer>();
  const std::string mode = attrs.RequiredString("mode");
  if (mode == "IDF") {
    op->mode = TfIdfVectorizer::Mode::kIdf;
  } else if (mode == "TFIDF") {
    op->mode = TfIdfVectorizer::Mode::kTfIdf;
  } else if (mode != "TF") {
    attrs.FailValue("mode", "TF, IDF or TFIDF", mode);
  }
  const int64_t least = attrs.RequiredInt("min_gram_length");
  const int64_t most = attrs.RequiredInt("max_gram_length");
  op->most_skipped = attrs.RequiredInt("max_skip_count");
  const auto counts = attrs.RequiredInts("ngram_counts");
  op->ngram_columns = attrs.RequiredInts("ngram_indexes");
  op->weights = attrs.Floats("weights");
  op->strings = attrs.Has("pool_strings");
  std::vector<int64_t> pool = attrs.Ints("pool_int64s");
  for (const std::string& word : attrs.Strings("pool_strings")) {
    pool.push_back(op->string_words.try_emplace(word, static_cast<int64_t>(op->string_words.size())).first->second);
  }
  if (least < 1 || most < least || most > 64 || op->most_skipped < 0 || op->most_skipped > 1 << 20) {
    return CorruptFile("n-grams of ", least, " to ", most, " words with ", op->most_skipped, " skipped");
  }
  op->least = static_cast<size_t>(least);
  op->most = static_cast<size_t>(most);
  int64_t number = 0;
  for (size_t n = 0; n < counts.size(); ++n) {
    const size_t begin = CheckedRange(counts[n], pool.size());
    const size_t end = n + 1 < counts.size() ? CheckedRange(counts[n + 1], pool.size()) : pool.size();
    if (begin > end || end > pool.size() || (end - begin) % (n + 1) != 0) {
      return CorruptFile("attribute 'ngram_counts' does not cut the pool of ", pool.size(), " into ", n + 1, "-grams");
    }
    for (size_t i = begin; i < end; i += n + 1) op->AddNgram({pool.data() + i, n + 1}, number++);
  }
  if (static_cast<size_t>(number) != op->ngram_columns.size() ||
      (!op->weights.empty() && op->weights.size() != op->ngram_columns.size())) {
    return CorruptFile("the pool has ", number, " n-grams, but ", op->ngram_columns.size(), " indexes and ",
                       op->weights.size(), " weights");
  }
  for (int64_t column : op->ngram_columns) {
    if (column < 0 || column >= 1 << 28) return CorruptFile("attribute 'ngram_indexes': ", column);
    op->columns = std::max(op->columns, column + 1);
  }
  return OpPtr(std::move(op));
}

}  // namespace onedge::ops

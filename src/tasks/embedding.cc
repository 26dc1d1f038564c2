#include "tasks/embedding.h"

#include <algorithm>
#include <cmath>

#include "tasks/encode_options.h"

namespace onedge::tasks {
namespace {

// hidden: float32 [tokens, dim]. Texts are not padded, so that every token counts.
std::vector<float> Pool(const float* hidden, size_t tokens, size_t dim, Pooling pooling) {
  std::vector<float> out(hidden, hidden + dim);
  switch (pooling) {
    case Pooling::kCls:
      break;
    case Pooling::kLastToken:
      std::copy_n(hidden + (tokens - 1) * dim, dim, out.begin());
      break;
    case Pooling::kMax:
      for (size_t t = 1; t < tokens; ++t) {
        for (size_t d = 0; d < dim; ++d) out[d] = std::max(out[d], hidden[t * dim + d]);
      }
      break;
    case Pooling::kMean:
      for (size_t t = 1; t < tokens; ++t) {
        for (size_t d = 0; d < dim; ++d) out[d] += hidden[t * dim + d];
      }
      for (float& value : out) value /= static_cast<float>(tokens);
      break;
  }
  return out;
}

void Normalize(std::vector<float>& vector) {
  double squares = 0;
  for (float value : vector) squares += static_cast<double>(value) * value;
  if (squares == 0) return;
  const double scale = 1 / std::sqrt(squares);
  for (float& value : vector) value = static_cast<float>(value * scale);
}

}  // namespace

Result<Pooling> ParsePooling(std::string_view name) {
  if (name == "mean") return Pooling::kMean;
  if (name == "cls") return Pooling::kCls;
  if (name == "last_token") return Pooling::kLastToken;
  if (name == "max") return Pooling::kMax;
  return InvalidArgument("pooling: expected mean, cls, last_token or max, got '", name, "'");
}

Result<Embedding> Embedding::Create(const runtime::Model& model, const tokenizer::Tokenizer& tokenizer,
                                    const EmbeddingOptions& options) {
  ONEDGE_RETURN_IF_ERROR(TextInputs::Check(model));
  return Embedding(tokenizer, options);
}

Result<std::vector<float>> Embedding::Run(runtime::Session& session, std::string_view text,
                                          const runtime::RunOptions& run_options) {
  ONEDGE_ASSIGN_OR_RETURN(const tokenizer::Encoding encoding,
                          tokenizer_->Encode(text, UnpaddedEncodeOptions(*tokenizer_, options_.max_length)));
  ONEDGE_ASSIGN_OR_RETURN(const auto inputs, inputs_.Build(session.model(), encoding));
  ONEDGE_ASSIGN_OR_RETURN(const auto outputs, session.Run(inputs, run_options));
  const Value& output = outputs[0];
  const bool usable = output.is_tensor() && output.tensor().dtype() == DType::kFloat32 &&
                      (output.tensor().rank() == 2 || output.tensor().rank() == 3) && output.tensor().dim(0) == 1 &&
                      output.tensor().element_count() > 0;
  if (!usable) {
    return InvalidArgument("output '", session.model().outputs()[0].name,
                           "': expected float32 [1, tokens, dim] or [1, dim], got ", output.ToString());
  }
  const Tensor& hidden = output.tensor();
  const size_t dim = static_cast<size_t>(hidden.dim(hidden.rank() - 1));
  const size_t tokens = hidden.rank() == 3 ? static_cast<size_t>(hidden.dim(1)) : 1;
  std::vector<float> vector = Pool(hidden.data<float>(), tokens, dim, options_.pooling);
  if (options_.normalize) Normalize(vector);
  return vector;
}

}  // namespace onedge::tasks

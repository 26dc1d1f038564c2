// Sequence: applies decoders one after another. Fuse: joins all tokens into one, so that later decoders see the whole
// text.
#include "tokenizer/decoders/decoders.h"

namespace onedge::tokenizer {
namespace {

class DecoderSequence final : public Decoder {
 public:
  explicit DecoderSequence(std::vector<std::unique_ptr<const Decoder>> stages) : stages_(std::move(stages)) {}

  Status Decode(std::vector<std::string>& tokens) const override {
    for (const auto& stage : stages_) ONEDGE_RETURN_IF_ERROR(stage->Decode(tokens));
    return OkStatus();
  }

 private:
  std::vector<std::unique_ptr<const Decoder>> stages_;
};

struct Fuse final : Decoder {
  Status Decode(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens.assign(1, std::move(all));
    return OkStatus();
  }
};

}  // namespace

DecoderResult ParseDecoderSequence(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json list, json.Member("decoders"));
  std::vector<std::unique_ptr<const Decoder>> stages;
  ONEDGE_RETURN_IF_ERROR(list.ForEach([&](const Json& element) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(stages.emplace_back(), ParseDecoder(element));
    return OkStatus();
  }));
  return std::unique_ptr<const Decoder>(std::make_unique<DecoderSequence>(std::move(stages)));
}

DecoderResult ParseFuse(const Json&) { return std::unique_ptr<const Decoder>(std::make_unique<Fuse>()); }

}  // namespace onedge::tokenizer

// CTC: removes repeated tokens and the blank, and replaces the word delimiter by a space.
#include <algorithm>

#include "tokenizer/decoders/decoders.h"

namespace onedge::tokenizer {
namespace {

class Ctc final : public Decoder {
 public:
  Ctc(std::string pad, std::string delimiter, bool cleanup)
      : pad_(std::move(pad)), delimiter_(std::move(delimiter)), cleanup_(cleanup) {}

  Status Decode(std::vector<std::string>& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      if (!pad_.empty()) token = ReplaceAll(token, pad_, "");
      if (!cleanup_) continue;
      TidyEnglish(token);
      if (!delimiter_.empty()) token = ReplaceAll(token, delimiter_, " ");
    }
    std::erase(tokens, "");
    return OkStatus();
  }

 private:
  std::string pad_, delimiter_;
  bool cleanup_;
};

}  // namespace

DecoderResult ParseCtc(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(std::string pad, json.StringMember("pad_token"));
  ONEDGE_ASSIGN_OR_RETURN(std::string delimiter, json.StringMember("word_delimiter_token"));
  ONEDGE_ASSIGN_OR_RETURN(const bool cleanup, json.BoolMember("cleanup"));
  return std::unique_ptr<const Decoder>(std::make_unique<Ctc>(std::move(pad), std::move(delimiter), cleanup));
}

}  // namespace onedge::tokenizer

// WordPiece: joins continuations to the piece before, puts a space before the other pieces, and tidies English
// contractions.
#include "tokenizer/decoders/decoders.h"

namespace onedge::tokenizer {
namespace {

struct Tidying {
  std::string_view from, to;
};

constexpr Tidying kTidyings[] = {{" .", "."},   {" ?", "?"},     {" !", "!"},    {" ,", ","},
                                 {" ' ", "'"},  {" n't", "n't"}, {" 'm", "'m"},  {" do not", " don't"},
                                 {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};

class WordPieceDecoder final : public Decoder {
 public:
  WordPieceDecoder(std::string prefix, bool cleanup) : prefix_(std::move(prefix)), cleanup_(cleanup) {}

  Status Decode(std::vector<std::string>& tokens) const override {
    for (size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0) {
        if (token.starts_with(prefix_))
          token.erase(0, prefix_.size());
        else
          token.insert(0, 1, ' ');
      }
      if (cleanup_) TidyEnglish(token);
    }
    return OkStatus();
  }

 private:
  std::string prefix_;
  bool cleanup_;
};

}  // namespace

void TidyEnglish(std::string& token) {
  for (const Tidying& tidying : kTidyings) {
    if (token.find(tidying.from) != std::string::npos) token = ReplaceAll(token, tidying.from, tidying.to);
  }
}

std::string ReplaceAll(std::string_view text, std::string_view from, std::string_view to) {
  ONEDGE_DCHECK(!from.empty());
  std::string out;
  size_t done = 0;
  for (size_t found; (found = text.find(from, done)) != std::string_view::npos; done = found + from.size()) {
    out.append(text.substr(done, found - done)).append(to);
  }
  return out.append(text.substr(done));
}

DecoderResult ParseWordPieceDecoder(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(std::string prefix, json.StringMember("prefix"));
  ONEDGE_ASSIGN_OR_RETURN(const bool cleanup, json.BoolMember("cleanup"));
  return std::unique_ptr<const Decoder>(std::make_unique<WordPieceDecoder>(std::move(prefix), cleanup));
}

}  // namespace onedge::tokenizer

// Split: cuts at the matches of a pattern.
#include "tokenizer/pattern.h"
#include "tokenizer/pre_tokenizers/pre_tokenizers.h"

namespace onedge::tokenizer {
namespace {

class SplitPreTokenizer final : public PreTokenizer {
 public:
  SplitPreTokenizer(Pattern pattern, SplitBehavior behavior, bool invert)
      : pattern_(std::move(pattern)), behavior_(behavior), invert_(invert) {}

  Status PreTokenize(PreTokenizedText& pre_tokenized) const override {
    std::vector<Match> matches;
    Status status;
    pre_tokenized.Resplit([&](std::string_view text, const auto& emit) {
      if (!status.ok()) return;
      status = pattern_.Find(text, matches);
      if (invert_) {
        for (Match& match : matches) match.is_match = !match.is_match;
      }
      ApplyBehavior(behavior_, matches);
      for (const Match& match : matches) emit(match.begin, match.end);
    });
    return status;
  }
  CutSet KeptCuts() const override { return MadeCuts(); }
  CutSet MadeCuts() const override {
    const bool plain = invert_ ? behavior_ == SplitBehavior::kRemoved : behavior_ == SplitBehavior::kIsolated;
    if (plain) return pattern_.MadeCuts();
    // Only before a space that begins a run: after a space, the pattern may join it with unknown characters.
    const bool before_spaces = !invert_ && behavior_ != SplitBehavior::kMergedWithPrevious;
    return pattern_.matches_space() && before_spaces ? CutSet::Between(kNotWhitespace, kSpaces) : CutSet();
  }

 private:
  Pattern pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

}  // namespace

PreTokenizerResult ParseSplit(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json pattern_json, json.Member("pattern"));
  ONEDGE_ASSIGN_OR_RETURN(Pattern pattern, Pattern::Parse(pattern_json));
  ONEDGE_ASSIGN_OR_RETURN(const Json behavior_json, json.Member("behavior"));
  ONEDGE_ASSIGN_OR_RETURN(const SplitBehavior behavior, ParseSplitBehavior(behavior_json));
  ONEDGE_ASSIGN_OR_RETURN(const bool invert, json.BoolMember("invert"));
  return std::unique_ptr<const PreTokenizer>(std::make_unique<SplitPreTokenizer>(std::move(pattern), behavior, invert));
}

}  // namespace onedge::tokenizer

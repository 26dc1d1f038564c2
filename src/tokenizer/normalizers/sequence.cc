// Sequence: applies normalizers one after another.
#include <algorithm>

#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

class NormalizerSequence final : public Normalizer {
 public:
  explicit NormalizerSequence(std::vector<std::unique_ptr<const Normalizer>> stages) : stages_(std::move(stages)) {}

  Status Normalize(TextSlice in, AlignedText& out) const override {
    if (stages_.empty()) return out.AppendRange(*in.source, in.begin, in.end), OkStatus();
    AlignedText current, next;
    for (size_t i = 0; i + 1 < stages_.size(); ++i) {
      next.Clear();
      ONEDGE_RETURN_IF_ERROR(stages_[i]->Normalize(in, next));
      current.Swap(next);
      in = {&current, 0, current.size(), in.place};
    }
    return stages_.back()->Normalize(in, out);
  }
  CutSet KeptCuts() const override {
    CutSet kept = CutSet::All();
    for (const auto& stage : stages_) kept = kept & stage->KeptCuts();
    return kept;
  }
  bool MayDrop() const override {
    return std::any_of(stages_.begin(), stages_.end(), [](const auto& stage) { return stage->MayDrop(); });
  }
  // A later stage may see another beginning than this one. ASCII is never dropped, if the other stages keep it.
  bool ShiftsAlignments(std::string_view text) const override {
    return MayDrop() && ClassOf(static_cast<uint8_t>(text[0])) == CharClass::kOther;
  }
  bool ReadsPlace() const override {
    return std::any_of(stages_.begin(), stages_.end(), [](const auto& stage) { return stage->ReadsPlace(); });
  }

 private:
  std::vector<std::unique_ptr<const Normalizer>> stages_;
};

}  // namespace

NormalizerResult ParseNormalizerSequence(const Json& json) {
  ONEDGE_ASSIGN_OR_RETURN(const Json list, json.Member("normalizers"));
  std::vector<std::unique_ptr<const Normalizer>> stages;
  ONEDGE_RETURN_IF_ERROR(list.ForEach([&](const Json& element) -> Status {
    ONEDGE_ASSIGN_OR_RETURN(stages.emplace_back(), ParseNormalizer(element));
    return OkStatus();
  }));
  return std::unique_ptr<const Normalizer>(std::make_unique<NormalizerSequence>(std::move(stages)));
}

}  // namespace onedge::tokenizer

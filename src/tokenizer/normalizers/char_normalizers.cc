// Lowercase, StripAccents and Nmt: normalizers that treat each code point separately.
#include "text/unicode/properties.h"
#include "tokenizer/normalizers/normalizers.h"

namespace onedge::tokenizer {
namespace {

// Map(c, emit) calls emit for each code point that replaces c; no call drops c.
template <typename Map>
void MapCodePoints(TextSlice in, AlignedText& out, const Map& map) {
  const AlignedText& source = *in.source;
  const char* const text = source.text().data();
  for (uint32_t i = in.begin; i < in.end;) {
    const char* p = text + i;
    const char32_t c = unicode::Next(p);
    const Span span = source.span(i);
    map(c, [&](char32_t mapped) { out.Append(mapped, span); });
    i = static_cast<uint32_t>(p - text);
  }
}

struct Lowercase final : Normalizer {
  Status Normalize(TextSlice in, AlignedText& out) const override {
    MapCodePoints(in, out, [](char32_t c, const auto& emit) {
      emit(unicode::Lowercase(c));
      if (c == unicode::kDottedCapitalI) emit(unicode::kCombiningDotAbove);
    });
    return OkStatus();
  }
  CutSet KeptCuts() const override { return CutSet::All(); }
};

struct StripAccents final : Normalizer {
  Status Normalize(TextSlice in, AlignedText& out) const override {
    MapCodePoints(in, out, [](char32_t c, const auto& emit) {
      if (!(unicode::Flags(c) & unicode::kMark)) emit(c);
    });
    return OkStatus();
  }
  bool MayDrop() const override { return true; }
  CutSet KeptCuts() const override { return CutSet::All(); }
};

struct Nmt final : Normalizer {
  Status Normalize(TextSlice in, AlignedText& out) const override {
    MapCodePoints(in, out, [](char32_t c, const auto& emit) {
      if ((c >= 1 && c <= 8) || c == 0xB || (c >= 0xE && c <= 0x1F) || c == 0x7F || c == 0x8F || c == 0x9F) return;
      const bool space = c == 9 || c == 0xA || c == 0xC || c == 0xD || c == 0x1680 || (c >= 0x200B && c <= 0x200F) ||
                         c == 0x2028 || c == 0x2029 || c == 0x2581 || c == 0xFEFF || c == 0xFFFD;
      emit(space ? U' ' : c);
    });
    return OkStatus();
  }
  bool MayDrop() const override { return true; }
  CutSet KeptCuts() const override { return CutSet::All(); }
};

}  // namespace

NormalizerResult ParseLowercase(const Json&) {
  return std::unique_ptr<const Normalizer>(std::make_unique<Lowercase>());
}
NormalizerResult ParseStripAccents(const Json&) {
  return std::unique_ptr<const Normalizer>(std::make_unique<StripAccents>());
}
NormalizerResult ParseNmt(const Json&) { return std::unique_ptr<const Normalizer>(std::make_unique<Nmt>()); }

}  // namespace onedge::tokenizer

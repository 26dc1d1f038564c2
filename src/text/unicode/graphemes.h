// Extended grapheme clusters (UAX 29), as far as the Precompiled normalizer can tell them apart: all rules but those
// for Hangul syllables, regional indicators and Indic conjuncts, whose clusters are longer than what it looks up as a
// whole.
#pragma once

#include <cstddef>
#include <string_view>

namespace onedge::unicode {

// The end of the cluster that begins at `begin`. REQUIRES: well-formed UTF-8, begin < text.size() at a cluster's start.
size_t GraphemeEnd(std::string_view text, size_t begin);

// Whether `c` begins a cluster that takes in any character behind it but a control (GB9b).
bool JoinsNext(char32_t c);

}  // namespace onedge::unicode

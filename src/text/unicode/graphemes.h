// Extended grapheme clusters (UAX 29) for the Precompiled normalizer: all rules except those for Hangul syllables,
// regional indicators and Indic conjuncts. Clusters of these are longer than the texts that the normalizer looks up, so
// the rules do not matter.
#pragma once

#include <cstddef>
#include <string_view>

namespace onedge::unicode {

// The end of the cluster that begins at `begin`. REQUIRES: well-formed UTF-8, begin < text.size() at a cluster's start.
size_t GraphemeEnd(std::string_view text, size_t begin);

// Whether `c` begins a cluster that contains any following character except a control (GB9b).
bool JoinsNext(char32_t c);

}  // namespace onedge::unicode

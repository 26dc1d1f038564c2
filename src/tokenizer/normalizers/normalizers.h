// Declares the factories of all normalizers; one file each. stages.cc has the table.
#pragma once

#include <memory>

#include "tokenizer/stages.h"

namespace onedge::tokenizer {

using NormalizerResult = Result<std::unique_ptr<const Normalizer>>;

NormalizerResult ParseBertNormalizer(const Json& json);
NormalizerResult ParseByteLevelNormalizer(const Json& json);
NormalizerResult ParseLowercase(const Json& json);
NormalizerResult ParseNfc(const Json& json);
NormalizerResult ParseNfd(const Json& json);
NormalizerResult ParseNfkc(const Json& json);
NormalizerResult ParseNfkd(const Json& json);
NormalizerResult ParseNmt(const Json& json);
NormalizerResult ParsePrecompiled(const Json& json);
NormalizerResult ParsePrepend(const Json& json);
NormalizerResult ParseReplace(const Json& json);
NormalizerResult ParseNormalizerSequence(const Json& json);
NormalizerResult ParseStrip(const Json& json);
NormalizerResult ParseStripAccents(const Json& json);

}  // namespace onedge::tokenizer

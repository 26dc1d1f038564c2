// The task of a package, made from its manifest: which settings there are, and what they mean.
#pragma once

#include "package/manifest.h"
#include "tasks/embedding.h"
#include "tasks/image_classification.h"
#include "tasks/text_classification.h"

namespace onedge::api {

// Manifest settings, with their defaults:
//   text-classification   preprocessing: tokenizer, max_length; postprocessing: function (softmax)
//   feature-extraction    preprocessing: tokenizer, max_length; postprocessing: pooling (mean), normalize (true)
//   image-classification  preprocessing: image {width, height, channels, scale, mean, std, invert, layout};
//   postprocessing: function
// Settings that a task does not know are errors.
Result<tasks::TextClassificationOptions> TextClassificationOptionsFrom(const package::Manifest& manifest);
Result<tasks::EmbeddingOptions> EmbeddingOptionsFrom(const package::Manifest& manifest);
Result<tasks::ImageClassificationOptions> ImageClassificationOptionsFrom(const package::Manifest& manifest);

}  // namespace onedge::api

// What a folder of Hugging Face's says about a model, as a package's manifest says it.
#pragma once

#include <string>

#include "api/model.h"

namespace onedge::cli {

// Reads those of config.json (labels; whether they exclude each other), tokenizer_config.json (lengths, mask token),
// preprocessor_config.json (images) and 1_Pooling/config.json (pooling) that are there and that manifest.task uses.
Status ReadModelFolder(const std::string& folder, api::Manifest& manifest);

}  // namespace onedge::cli

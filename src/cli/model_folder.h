// Reads a Hugging Face folder into a package's manifest.
#pragma once

#include <string>

#include "api/model.h"

namespace onedge::cli {

// Reads the files that exist and that manifest.task uses: config.json (labels; whether they exclude each other),
// tokenizer_config.json (lengths, mask token), preprocessor_config.json (images) and 1_Pooling/config.json (pooling).
Status ReadModelFolder(const std::string& folder, api::Manifest& manifest);

}  // namespace onedge::cli

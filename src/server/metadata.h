// The server's description of itself and its models.
#pragma once

#include <string>

#include "server/served_model.h"
#include "server/workers.h"

namespace onedge::server {

// GET /info: text-embeddings-inference's shape, with the fields that load({fallback}) needs.
Result<std::string> InfoJson(const ServedModel& model, const WorkerOptions& options);
// GET /v2/models/{model}: the Open Inference Protocol's.
Result<std::string> ModelMetadataJson(const ServedModel& model, const std::vector<ServedModelPtr>& versions);
// GET /: the models and where to send requests, as a page.
std::string Page(const ServedModels& models);

}  // namespace onedge::server

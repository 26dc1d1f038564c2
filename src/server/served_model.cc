#include "server/served_model.h"

namespace onedge::server {

Status ServedModels::Add(ServedModelPtr model) {
  auto& versions = models_[model->name];
  for (const ServedModelPtr& other : versions) {
    if (other->version == model->version) return InvalidArgument("the model ", model->Id(), " is given twice");
  }
  versions.push_back(std::move(model));
  return OkStatus();
}

Result<ServedModelPtr> ServedModels::Find(std::string_view reference, std::string_view version) const {
  if (reference.empty()) {
    if (models_.size() == 1) return models_.begin()->second.back();
    std::string names;
    for (const auto& [name, versions] : models_) names += (names.empty() ? "" : ", ") + name;
    return InvalidArgument("'model' is missing; available: ", names);
  }
  const size_t at = reference.find('@');
  const std::string_view name = reference.substr(0, at);
  if (at != std::string_view::npos) version = reference.substr(at + 1);
  const auto found = models_.find(name);
  if (found == models_.end()) {
    std::string names;
    for (const auto& [other, versions] : models_) names += (names.empty() ? "" : ", ") + other;
    return NotFound("unknown model '", name, "'; available: ", names);
  }
  if (version.empty()) return found->second.back();
  std::string versions;
  for (const ServedModelPtr& model : found->second) {
    const bool digest = version.starts_with("sha256:") && version.substr(7) == model->model->digest();
    if (digest || version == model->version) return model;
    versions += (versions.empty() ? "" : ", ") + model->version;
  }
  return NotFound("model '", name, "' has no version '", version, "'; available: ", versions);
}

}  // namespace onedge::server

// The models of a server, by name. A model does not change; requests hold the one that they began with.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/model.h"

namespace onedge::server {

struct ServedModel {
  std::string name;
  std::string version;
  std::string description;  // Model::DescribeJson
  std::shared_ptr<const api::Model> model;

  std::string Id() const { return name + "@" + version; }
};
using ServedModelPtr = std::shared_ptr<const ServedModel>;

class ServedModels {
 public:
  // InvalidArgument: there is a model with this name and version already.
  Status Add(ServedModelPtr model);
  // `reference`: a name, name@version or name@sha256:..., or "" for the only model. `version`: another way to name it;
  // may be empty. NotFound: the error lists what there is.
  Result<ServedModelPtr> Find(std::string_view reference, std::string_view version = "") const;
  // All models, by name; of each the versions in the order in which they came.
  const std::map<std::string, std::vector<ServedModelPtr>, std::less<>>& all() const { return models_; }

 private:
  std::map<std::string, std::vector<ServedModelPtr>, std::less<>> models_;
};

}  // namespace onedge::server

// Checks the name in LoadOptions::device.
#include "api/model_parts.h"

namespace onedge::api {

Status CheckDevice(std::string_view device) {
  if (device == "cpu" || device == "auto") return OkStatus();
  if (device == "cuda") return Unsupported("device 'cuda': this build has no CUDA backend; use cpu or auto");
  return InvalidArgument("device '", device, "': expected cpu, cuda or auto");
}

}  // namespace onedge::api

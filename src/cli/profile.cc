#include "cli/profile.h"

#include <algorithm>
#include <cstdio>
#include <map>

#include "text/json.h"

namespace onedge::cli {
namespace {

// All steps of one node.
struct ProfiledNode {
  std::string_view node;
  std::string_view op_type;
  bool lowered;  // by the backend; false: the portable kernel
  size_t steps;
  double ms;  // of all steps together; with subgraphs (If, Loop, Scan) it includes the inner nodes
};

// The longest first. Unnamed nodes of one operator cannot be distinguished.
std::vector<ProfiledNode> ByTime(const std::vector<api::StepProfile>& steps) {
  std::map<std::pair<std::string_view, std::string_view>, ProfiledNode> nodes;
  for (const api::StepProfile& step : steps) {
    const ProfiledNode none = {step.node, step.op_type, step.lowered, 0, 0};
    ProfiledNode& node = nodes.try_emplace({step.node, step.op_type}, none).first->second;
    ++node.steps;
    node.ms += step.micros / 1000;
  }
  std::vector<ProfiledNode> sorted;
  for (const auto& [name, node] : nodes) sorted.push_back(node);
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const ProfiledNode& a, const ProfiledNode& b) { return a.ms > b.ms; });
  return sorted;
}

}  // namespace

void Profile::PrintTable() const {
  if (!wanted_) return;
  std::fprintf(stderr, "%10s %7s %6s  %-9s %-24s %s\n", "ms", "share", "steps", "kernel", "operator", "node");
  for (const ProfiledNode& node : ByTime(steps_)) {
    std::fprintf(stderr, "%10.3f %5.1f %% %6zu  %-9s %-24.*s %.*s\n", node.ms,
                 run_ms_ > 0 ? 100 * node.ms / run_ms_ : 0.0, node.steps, node.lowered ? "backend" : "portable",
                 static_cast<int>(node.op_type.size()), node.op_type.data(), static_cast<int>(node.node.size()),
                 node.node.data());
  }
  std::fprintf(stderr, "%10.3f 100.0 %%         all runs\n", run_ms_);
}

Status Profile::PrintJson(const std::string& answer) const {
  if (!wanted_) {
    std::printf("%s\n", answer.c_str());
    return OkStatus();
  }
  JsonWriter out;
  out.Object().Key("answer").Raw(answer).Key("profile").Object().Key("run_ms").Number(run_ms_).Key("nodes").Array();
  for (const ProfiledNode& node : ByTime(steps_)) {
    out.Object().Key("node").Text(node.node).Key("op_type").Text(node.op_type).Key("lowered").Bool(node.lowered);
    out.Key("steps").Uint(node.steps).Key("ms").Number(node.ms).End();
  }
  out.End().End().End();
  ONEDGE_ASSIGN_OR_RETURN(const std::string json, out.ToString());
  std::printf("%s\n", json.c_str());
  return OkStatus();
}

}  // namespace onedge::cli

// The commands of `onedge`. Each declares its options on a CLI11 subcommand and runs if it is chosen.
// Exit status: 0 done, 1 the work failed, 2 wrong usage.
#pragma once

#include <CLI/CLI.hpp>

#include "base/status.h"

namespace onedge::cli {

void AddRunCommand(CLI::App& app, Status& result);
void AddInspectCommand(CLI::App& app, Status& result);
void AddTokenizeCommand(CLI::App& app, Status& result);
void AddPackCommand(CLI::App& app, Status& result);
void AddBatchCommand(CLI::App& app, Status& result);
void AddServeCommand(CLI::App& app, Status& result);

}  // namespace onedge::cli

// The table of tasks, with a factory for each.
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "tasks/task.h"

namespace onedge::tasks {

// Each task's file defines one of these.
template <typename T>
std::unique_ptr<Task> Make(const TaskContext& context);

struct TaskKind {
  std::string_view name;  // "text-classification"
  std::unique_ptr<Task> (*make)(const TaskContext& context);

  InputForm form() const;
  bool HasSetting(std::string_view setting) const;
};

std::span<const TaskKind> AllTasks();
// Null for an unknown task.
const TaskKind* FindTask(std::string_view name);

}  // namespace onedge::tasks

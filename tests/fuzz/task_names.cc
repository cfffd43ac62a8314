// The names of eval/suite/tasks.cc for the clang build of the suite target: the tasks themselves
// would bring all of evaluation with them. Tests replay the target with the tasks.
#include <string>
#include <vector>

namespace clipwright::eval::suite {

std::vector<std::string> task_names();
bool is_task(const std::string& name);

std::vector<std::string> task_names() {
  return {"zeroshot", "retrieval", "probe", "fewshot", "selection", "knn"};
}

bool is_task(const std::string& name) {
  for (const std::string& known : task_names()) {
    if (name == known) return true;
  }
  return false;
}

}  // namespace clipwright::eval::suite

// Threads that share work which any number of them can do: a system that refuses some is no error.
#pragma once

#include <cstddef>
#include <functional>
#include <thread>
#include <vector>

namespace clipwright {

/// Adds threads that run work(0), work(1), ... work(wanted - 1). Returns how many the system let
/// start, warning of the first refusal in this process: the caller does the work of the others
/// itself, or leaves it to those that run. What `work` refers to must outlive `threads`.
size_t start_threads(std::vector<std::jthread>& threads, size_t wanted,
                     const std::function<void(size_t)>& work);

}  // namespace clipwright

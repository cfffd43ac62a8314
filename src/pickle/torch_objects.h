// What the classes in a file of torch.save stand for.
#pragma once

#include "pickle/heap.h"

namespace clipwright::pickle {

/// What a call of a class with these arguments stands for: a container, a tensor, one of its
/// arguments where the class only wraps it, and an Opaque for every class that is not on the list.
/// Throws Error(kInput) for tensors of unknown make.
Value* construct(Heap& heap, const Value* callable, Value* arguments);

/// The storage that a persistent id of torch's names. Throws Error(kInput) for other ids.
Value* storage_of(Heap& heap, const Value* id);

}  // namespace clipwright::pickle

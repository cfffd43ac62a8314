// The one table of a model's tensors: which leaf a name in a file means, how its numbers lie there,
// and what training may do with it. Loading, saving, initialising, decay groups, freezing, the
// optimiser and checkpoints read it; nothing keeps a second list.
//
// The facts of a leaf (kind, frozen, cancelled) are said once, here. Another dialect of names (a
// file of Hugging Face's, say) is a list of (its name, this table's name, layout) on top of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "tensor/tensor.h"

namespace clipwright::tensor {

enum class TensorKind {
  kParameter,  ///< learned by gradients, unless it is frozen
  kBuffer,     ///< changed by what training sees (running statistics, queues), never by a gradient
  kConstant,   ///< read and written with the model, never changed
};

/// How the numbers of a leaf lie in a file.
enum class FileLayout {
  kSame,
  kReshaped,    ///< in the same order under another shape
  kTransposed,  ///< a matrix, the other way round
};

/// What is wrong with a value that a file brings, behind its name ("holds numbers below zero");
/// empty: nothing.
using FindFlaw = std::function<std::string(const Tensor& value)>;
std::string numbers_below_zero(const Tensor& value);
/// Of a single whole number.
FindFlaw number_outside(int64_t least, int64_t most);

struct TableEntry {
  std::string name;  ///< in files
  Tensor leaf;  ///< what is computed with: never a view, so that its gradient is the optimiser's
  TensorKind kind = TensorKind::kParameter;
  FileLayout layout = FileLayout::kSame;
  std::vector<int64_t> shape = {};  ///< in files; `add` fills it in unless it is kReshaped
  /// Not empty: why the gradient is zero by construction, whatever the data ("a batch norm cancels
  /// this bias"). What is left of it is rounding, so such a parameter need not move.
  std::string cancelled = {};
  bool frozen = false;  ///< a parameter that this run does not train
  /// Of a buffer what no training leaves in it, beside numbers that are not finite. A damaged one
  /// would show as a loss of NaN many steps later.
  FindFlaw find_flaw = {};

  bool trainable() const { return kind == TensorKind::kParameter && !frozen; }
  /// A tensor laid out as the leaf (the leaf, its moments) in the file's shape: the same storage,
  /// without a graph, so copying into it changes the tensor.
  Tensor in_file(const Tensor& like_leaf) const;
};

class ParameterTable {
 public:
  /// Aborts on a name that is there already and on a parameter that gradients cannot reach.
  void add(TableEntry entry);
  void add(const std::string& name, const Tensor& leaf) { add({name, leaf}); }
  /// All entries of another table, their names behind `prefix`.
  void append(const ParameterTable& other, const std::string& prefix = "");
  /// Takes a parameter out of training. Aborts when there is no parameter of that name.
  void freeze(const std::string& name);

  const std::vector<TableEntry>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  size_t size() const { return entries_.size(); }
  /// Aborts when there is none.
  const TableEntry& at(const std::string& name) const;
  /// The entries that an optimiser trains, in the same order.
  ParameterTable trainable() const;
  /// Numbers in all parameters, frozen ones included.
  int64_t parameter_count() const;

  /// Every value under its name and in its shape in files: views of the leaves, without a graph.
  std::vector<NamedTensor> file_tensors() const;
  /// Copies a file's values into the leaves. Throws Error(kInput) that names `where`, `owner` (as
  /// "the model ViT-B-32") and every missing name, unexpected name and wrong shape at once, or
  /// every buffer with a flaw, and then has changed nothing.
  void load(const std::vector<NamedTensor>& tensors, const std::string& where,
            const std::string& owner) const;

 private:
  std::vector<TableEntry> entries_;
  std::map<std::string, size_t> index_;
};

}  // namespace clipwright::tensor

# How llama.cpp is compiled; read after its project() (cmake/llama/options.cmake).
#
# The baseline is the program's own. Hidden symbols: other libraries of the process hold copies of the same C++ templates.
add_compile_options(-march=x86-64-v3 -fvisibility=hidden -fvisibility-inlines-hidden)

include(${CMAKE_CURRENT_LIST_DIR}/tile_flags.cmake)
add_compile_options(${CLIPWRIGHT_TILE_FLAGS})

# A file an architecture, 150 of them, each of which reads the same headers: united they take a quarter of the time.
function(clipwright_unite_models)
  get_target_property(sources llama SOURCES)
  get_target_property(folder llama SOURCE_DIR)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
    # gemma4.cpp and gemma3n.cpp each have a function of one name.
    if(NOT source MATCHES "/models/" OR source MATCHES "/gemma4")
      set_source_files_properties(${source} TARGET_DIRECTORY llama PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  set_target_properties(llama PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 20)
endfunction()
cmake_language(DEFER CALL clipwright_unite_models)

# Changes a line of llama.cpp's sources, once; a version that reads otherwise stops here and not in silence.
function(clipwright_change file before after)
  set(path ${PROJECT_SOURCE_DIR}/${file})
  file(READ ${path} text)
  string(FIND "${text}" "${after}" done)
  if(done EQUAL -1)
    string(FIND "${text}" "${before}" found)
    if(found EQUAL -1)
      message(FATAL_ERROR "${path} holds no '${before}'; cmake/llama/compile.cmake was written for another version of llama.cpp.")
    endif()
    string(REPLACE "${before}" "${after}" text "${text}")
    file(WRITE ${path} "${text}")
  endif()
endfunction()

# A text's attention runs over all cells of its cache up to the last one in use, rounded up to 256: a prompt of 150 tokens
# pays for 256. Rounded to 64 it pays for 192; the cells left out are masked, so that no sum changes.
clipwright_change(src/llama-kv-cache.cpp "std::max(n_pad, 256u)" "std::max(n_pad, 64u)")

# Tiled kernels for Q4_1 (q4_1_tiles.h).
set(repack ggml/src/ggml-cpu/repack.cpp)
clipwright_change(${repack} "    void forward_mul_mat_one_chunk(" "    virtual void forward_mul_mat_one_chunk(")
clipwright_change(${repack} "}  // namespace ggml::cpu::repack

static const ggml::cpu::tensor_traits * ggml_repack_get_optimal_repack_type(const struct ggml_tensor * cur) {"
"}  // namespace ggml::cpu::repack
#include \"${CMAKE_CURRENT_LIST_DIR}/q4_1_tiles.h\"

static const ggml::cpu::tensor_traits * ggml_repack_get_optimal_repack_type(const struct ggml_tensor * cur) {
    static const ggml::cpu::repack::q4_1_tiles q4_1_tiles;
    if (ggml::cpu::repack::q4_1_tiles::fits(cur)) return &q4_1_tiles;
")

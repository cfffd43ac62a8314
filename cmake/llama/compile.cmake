# How llama.cpp is compiled; read after its project() (cmake/llama/options.cmake).
#
# The baseline is the program's own. Hidden symbols: other libraries of the process hold copies of the same C++ templates.
add_compile_options(-march=x86-64-v3 -fvisibility=hidden -fvisibility-inlines-hidden)

# GCC up to 12 declares _tile_loadconfig to read 8 bytes where the instruction reads 64, and so removes the stores of a
# tile configuration's rows and columns as dead: every AMX instruction after it is illegal. Without the two passes that
# remove dead stores all 64 bytes stay. `clipwright doctor --kernels` notices where that does not hold.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  add_compile_options(-fno-tree-dse -fno-dse)
endif()

# A file an architecture, 150 of them, each of which reads the same headers: united they take a quarter of the time.
function(clipwright_unite_models)
  get_target_property(sources llama SOURCES)
  get_target_property(folder llama SOURCE_DIR)
  foreach(source ${sources})
    cmake_path(ABSOLUTE_PATH source BASE_DIRECTORY ${folder})
    if(NOT source MATCHES "/models/")
      set_source_files_properties(${source} TARGET_DIRECTORY llama PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
    endif()
  endforeach()
  set_target_properties(llama PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 20)
endfunction()
cmake_language(DEFER CALL clipwright_unite_models)

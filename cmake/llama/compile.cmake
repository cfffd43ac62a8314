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

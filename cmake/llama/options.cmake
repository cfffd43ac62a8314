# Options of llama.cpp's build, read by `cmake -C` before its own CMakeLists.txt. `./run` keys the folder in the cache by
# this folder's contents, so that a change here is built anew.
#
# The kernels are modules, one for each kind of processor that dependencies.env names, beside one
# libllama.so; the program opens the module that fits (src/language/kernels.h). A module can therefore be named, tested
# and replaced by the plain one without another build, and the folder works on any x86-64-v3 machine.
set(BUILD_SHARED_LIBS ON CACHE BOOL "")
set(GGML_BACKEND_DL ON CACHE BOOL "")
set(GGML_CPU_ALL_VARIANTS ON CACHE BOOL "")
set(GGML_NATIVE OFF CACHE BOOL "")
set(GGML_OPENMP OFF CACHE BOOL "")
set(GGML_CCACHE OFF CACHE BOOL "")
foreach(part COMMON APP TOOLS TESTS EXAMPLES SERVER UI)
  set(LLAMA_BUILD_${part} OFF CACHE BOOL "")
endforeach()
set(LLAMA_OPENSSL OFF CACHE BOOL "")
set(CMAKE_BUILD_TYPE Release CACHE STRING "")
set(CMAKE_POSITION_INDEPENDENT_CODE ON CACHE BOOL "")
# The libraries lie in one folder, in the cache as in an installation, and find one another there.
set(CMAKE_BUILD_WITH_INSTALL_RPATH ON CACHE BOOL "")
set(CMAKE_INSTALL_RPATH "$ORIGIN" CACHE STRING "")
# A module that misses a symbol fails here, and not in the program that opens it.
foreach(kind SHARED MODULE)
  set(CMAKE_${kind}_LINKER_FLAGS "-Wl,-z,defs" CACHE STRING "")
endforeach()
set(CMAKE_PROJECT_llama.cpp_INCLUDE ${CMAKE_CURRENT_LIST_DIR}/compile.cmake CACHE FILEPATH "")

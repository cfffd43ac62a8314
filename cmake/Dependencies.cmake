# Imported targets for everything third-party. Versions: dependencies.env; licences: NOTICE.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(TIFF REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(PostgreSQL REQUIRED)
find_package(CURL REQUIRED)
find_package(OpenSSL REQUIRED COMPONENTS Crypto)
find_package(nlohmann_json REQUIRED)
find_package(spdlog REQUIRED)
pkg_check_modules(webp_pc REQUIRED IMPORTED_TARGET libwebp libwebpdemux)
pkg_check_modules(freetype_pc REQUIRED IMPORTED_TARGET freetype2)
pkg_check_modules(rsvg_pc REQUIRED IMPORTED_TARGET librsvg-2.0)
pkg_check_modules(pugixml_pc REQUIRED IMPORTED_TARGET pugixml)
pkg_check_modules(jemalloc_pc REQUIRED IMPORTED_TARGET jemalloc)
pkg_check_modules(libzip_pc REQUIRED IMPORTED_TARGET libzip)
foreach(name webp freetype rsvg pugixml jemalloc libzip)
  add_library(${name} INTERFACE)
  target_link_libraries(${name} INTERFACE PkgConfig::${name}_pc)
endforeach()
foreach(name xxhash protozero tomlplusplus)  # header-only or plain -l libraries without a config file
  add_library(${name} INTERFACE)
endforeach()
add_library(cli11 INTERFACE)
target_compile_definitions(xxhash INTERFACE XXH_INLINE_ALL)
# Numbers with as few digits as read back to the same bits: 0.1, not 0.10000000000000001. The same everywhere, as it is inline code.
target_compile_definitions(tomlplusplus INTERFACE TOML_FLOAT_CHARCONV=1)

function(clipwright_require variable file why)
  if(NOT EXISTS "${${variable}}/${file}" AND NOT EXISTS "${${variable}}")
    message(FATAL_ERROR "${variable}='${${variable}}' does not exist (${why}). Build with ./run build, which fetches it.")
  endif()
endfunction()
clipwright_require(CLIPWRIGHT_TORCH_DIR torch/lib/libtorch_cpu.so "the unpacked torch wheel")
clipwright_require(CLIPWRIGHT_LLAMA_DIR lib/libllama.so "llama.cpp")
clipwright_require(CLIPWRIGHT_VOCABULARY "" "the BPE merges")

# libtorch: only libtorch_cpu and libc10, so that one binary runs with and without CUDA (design.md section 3).
set(torch_lib ${CLIPWRIGHT_TORCH_DIR}/torch/lib)
file(GLOB cudart_dirs ${CLIPWRIGHT_TORCH_DIR}/nvidia/cu*/lib)
add_library(torch_c10 SHARED IMPORTED)
set_target_properties(torch_c10 PROPERTIES IMPORTED_LOCATION ${torch_lib}/libc10.so)
add_library(torch_cpu_library SHARED IMPORTED)
set_target_properties(torch_cpu_library PROPERTIES IMPORTED_LOCATION ${torch_lib}/libtorch_cpu.so)
add_library(torch_cpu INTERFACE)
target_include_directories(torch_cpu SYSTEM INTERFACE ${CLIPWRIGHT_TORCH_DIR}/torch/include
                           ${CLIPWRIGHT_TORCH_DIR}/torch/include/torch/csrc/api/include)
target_compile_options(torch_cpu INTERFACE $<$<CXX_COMPILER_ID:GNU>:-fopenmp>)  # fuzzing (clang) needs no threads
# The wheel brings its own libgomp.so.1; linking it by path keeps one OpenMP runtime in the process.
target_link_libraries(torch_cpu INTERFACE torch_cpu_library torch_c10 ${torch_lib}/libgomp.so.1 Threads::Threads)
target_link_options(torch_cpu INTERFACE "LINKER:-rpath,${torch_lib}" "LINKER:--allow-shlib-undefined" "LINKER:--disable-new-dtags")
foreach(dir ${cudart_dirs})
  target_link_options(torch_cpu INTERFACE "LINKER:-rpath,${dir}" "LINKER:-rpath-link,${dir}")
endforeach()

# Tensor headers cost 15-20 s a file, the standard library with JSON 2 s: compiled once here, shared by all folders of a kind.
set(plain_headers <algorithm> <array> <atomic> <chrono> <cmath> <cstdint> <cstring> <exception> <filesystem> <functional> <map> <memory> <mutex>
    <nlohmann/json.hpp> <optional> <set> <span> <string> <string_view> <thread> <unordered_map> <utility> <vector>)
clipwright_precompiled_header(plain_precompiled HEADERS ${plain_headers} LIBRARIES nlohmann_json::nlohmann_json)
set(torch_headers <torch/csrc/autograd/custom_function.h> <torch/nn/module.h> <torch/types.h> <torch/utils.h>)  # tensor/tensor.h
clipwright_precompiled_header(torch_precompiled HEADERS ${torch_headers} LIBRARIES torch_cpu)
clipwright_precompiled_header(shell_precompiled HEADERS ${plain_headers} ${CMAKE_SOURCE_DIR}/src/flags/cli11.h LIBRARIES nlohmann_json::nlohmann_json torch_cpu cli11)

# llama.cpp: shared libraries, and beside them a module of kernels for each kind of processor, which language/kernels.h
# opens by the folder that libllama.so was found in.
add_library(llama_cpp INTERFACE)
set(llama_lib ${CLIPWRIGHT_LLAMA_DIR}/lib)
file(GLOB llama_libraries ${llama_lib}/libllama.so* ${llama_lib}/libggml*.so*)
target_include_directories(llama_cpp SYSTEM INTERFACE ${CLIPWRIGHT_LLAMA_DIR}/include)
target_link_libraries(llama_cpp INTERFACE ${llama_lib}/libllama.so ${llama_lib}/libggml.so ${llama_lib}/libggml-base.so
                      Threads::Threads ${CMAKE_DL_LIBS})
target_link_options(llama_cpp INTERFACE "LINKER:-rpath,${llama_lib}")

# Arrow and Parquet from the pyarrow wheel: shared libraries with a version in their name.
add_library(arrow_parquet INTERFACE)
file(GLOB arrow_libraries ${CLIPWRIGHT_ARROW_DIR}/pyarrow/libarrow.so.* ${CLIPWRIGHT_ARROW_DIR}/pyarrow/libparquet.so.*)
target_include_directories(arrow_parquet SYSTEM INTERFACE ${CLIPWRIGHT_ARROW_DIR}/pyarrow/include)
target_link_libraries(arrow_parquet INTERFACE ${arrow_libraries})
target_link_options(arrow_parquet INTERFACE "LINKER:-rpath,${CLIPWRIGHT_ARROW_DIR}/pyarrow")
# The wheel's libparquet exports an OpenSSL of its own; without the system's before it, libssl and libcurl would call into that one and crash.
target_link_options(arrow_parquet INTERFACE "LINKER:--push-state,--no-as-needed,${OPENSSL_CRYPTO_LIBRARY},--pop-state")

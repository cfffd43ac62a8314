# GCC up to 12 declares _tile_loadconfig to read 8 bytes where the instruction reads 64, and so removes the stores of a
# tile configuration's rows and columns as dead: every AMX instruction after it is illegal. Without the passes that remove
# dead stores all 64 bytes stay; tests/language/tile_configuration_test.cc holds the compiler at hand to that, on any
# x86-64 processor.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  set(CLIPWRIGHT_TILE_FLAGS -fno-tree-dse -fno-dse)
endif()

# `cmake --install` (./run install): the programs, their data, and the shared libraries they need, found relative to the programs.
include(GNUInstallDirs)
set_target_properties(clipwright clipwright-demo PROPERTIES INSTALL_RPATH "$ORIGIN/../lib/clipwright")
install(TARGETS clipwright clipwright-demo RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES ${CLIPWRIGHT_VOCABULARY} DESTINATION share/clipwright)
if(CLIPWRIGHT_LANGUAGE_MODEL)
  install(FILES ${CLIPWRIGHT_LANGUAGE_MODEL} ${CMAKE_BINARY_DIR}/share/default.gguf DESTINATION share/clipwright)
endif()
install(DIRECTORY ${CMAKE_SOURCE_DIR}/data ${CMAKE_SOURCE_DIR}/recipes DESTINATION share/clipwright)
install(FILES LICENSE NOTICE README.md DESTINATION share/doc/clipwright)
file(GLOB cuda_runtime ${CLIPWRIGHT_TORCH_DIR}/nvidia/cu*/lib/libcudart.so.* ${CLIPWRIGHT_TORCH_DIR}/nvidia/cu*/lib/libcupti.so.*)
install(FILES ${torch_lib}/libtorch_cpu.so ${torch_lib}/libc10.so ${torch_lib}/libgomp.so.1 ${cuda_runtime} ${arrow_libraries}
        ${llama_libraries} DESTINATION lib/clipwright)

# The library for other programs: target onedge::onedge, through add_subdirectory(onedge) or, once installed,
# find_package(onedge); and the shared library libonedge.so, which exports only the C API (src/api/onedge.h).

# Headers: <onedge.hpp> and <onedge.h>, in the source tree and once installed.
add_library(onedge_library INTERFACE)
target_link_libraries(onedge_library INTERFACE onedge_api)
target_include_directories(onedge_library INTERFACE $<BUILD_INTERFACE:${CMAKE_CURRENT_SOURCE_DIR}/src/api>
  $<INSTALL_INTERFACE:include/onedge/api> $<INSTALL_INTERFACE:include/onedge>)
target_compile_features(onedge_library INTERFACE cxx_std_20)
set_target_properties(onedge_library PROPERTIES EXPORT_NAME onedge)
add_library(onedge::onedge ALIAS onedge_library)

if(EMSCRIPTEN OR ONEDGE_SANITIZE OR ONEDGE_TSAN)
  return()
endif()

add_library(onedge_shared SHARED src/api/c_api.cc)
target_link_libraries(onedge_shared PRIVATE onedge_api)
target_compile_options(onedge_shared PRIVATE ${onedge_warnings})
target_link_options(onedge_shared PRIVATE -Wl,--exclude-libs,ALL -Wl,--no-undefined)  # symbols of the archives stay inside
set_target_properties(onedge_shared PROPERTIES OUTPUT_NAME onedge CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON
  VERSION ${PROJECT_VERSION} SOVERSION ${PROJECT_VERSION_MAJOR} EXPORT_NAME shared)
if(NOT PROJECT_IS_TOP_LEVEL)
  set_target_properties(onedge_shared PROPERTIES EXCLUDE_FROM_ALL ON)
  return()
endif()

include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/onedge)
get_property(rooms GLOBAL PROPERTY ONEDGE_ROOMS)
get_property(archives GLOBAL PROPERTY ONEDGE_ARCHIVES)
get_property(imports GLOBAL PROPERTY ONEDGE_IMPORTS)
install(TARGETS ${rooms} onedge_library EXPORT onedge ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/onedge)
install(FILES ${archives} DESTINATION ${CMAKE_INSTALL_LIBDIR}/onedge)
install(TARGETS onedge_shared)
install(EXPORT onedge NAMESPACE onedge:: FILE onedgeTargets.cmake DESTINATION ${package})
install(DIRECTORY src/api src/base src/tensor DESTINATION include/onedge FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp"
  PATTERN "*_parts.h" EXCLUDE)
# The headers that src/api includes besides base and tensor; scripts/check enforces this list.
set(public_headers contract/contract.h package/host_hash.h package/manifest.h runtime/run.h runtime/room.h runtime/run_options.h runtime/state.h tasks/image.h tasks/task_input.h tokenizer/encoding.h tokenizer/tokenizer.h)
foreach(header ${public_headers})
  cmake_path(GET header PARENT_PATH room)
  install(FILES src/${header} DESTINATION include/onedge/${room})
endforeach()
file(CONFIGURE OUTPUT onedgeConfig.cmake @ONLY CONTENT "# Target onedge::onedge: C++20, with <onedge.hpp> and <onedge.h>.
if(NOT CMAKE_CXX_COMPILER_ID MATCHES Clang)  # base/status.h: trivial_abi, which other compilers ignore
  set(onedge_FOUND FALSE)
  set(onedge_NOT_FOUND_MESSAGE \"onedge's C++ library needs Clang, got \${CMAKE_CXX_COMPILER_ID}; libonedge.so with its C API takes any compiler\")
  return()
endif()
include(CMakeFindDependencyMacro)
find_dependency(Threads)
@imports@include(\${CMAKE_CURRENT_LIST_DIR}/onedgeTargets.cmake)
")
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/onedgeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/onedgeConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/onedgeConfigVersion.cmake
  DESTINATION ${package})

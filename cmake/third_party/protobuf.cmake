# protobuf-lite 3.21 (the last line without Abseil) and the C++ code of onnx.proto, which itself sets optimize_for =
# LITE_RUNTIME.
set(protobuf ${ONEDGE_SOURCES}/protobuf/src)
set(files any_lite arena arenastring arenaz_sampler extension_set generated_enum_util generated_message_tctable_lite
  generated_message_util implicit_weak_message inlined_string_field io/coded_stream io/strtod io/zero_copy_stream
  io/zero_copy_stream_impl io/zero_copy_stream_impl_lite map message_lite parse_context repeated_field repeated_ptr_field
  stubs/bytestream stubs/common stubs/int128 stubs/status stubs/statusor stubs/stringpiece stubs/stringprintf
  stubs/structurally_valid stubs/strutil stubs/time wire_format_lite)
list(TRANSFORM files PREPEND ${protobuf}/google/protobuf/)
list(TRANSFORM files APPEND .cc)
add_library(protobuf-lite STATIC ${files})
target_include_directories(protobuf-lite PUBLIC ${protobuf})
target_compile_features(protobuf-lite PUBLIC cxx_std_17)
install(DIRECTORY ${protobuf}/google TYPE INCLUDE FILES_MATCHING PATTERN "*.h" PATTERN "*.inc"
  PATTERN compiler EXCLUDE PATTERN testing EXCLUDE PATTERN testdata EXCLUDE PATTERN util EXCLUDE)

find_program(PROTOC protoc REQUIRED)
set(onnx ${ONEDGE_SOURCES}/onnx/onnx)
add_custom_command(OUTPUT onnx.pb.cc onnx.pb.h DEPENDS ${onnx}/onnx.proto VERBATIM
  COMMAND ${PROTOC} --proto_path=${onnx} --cpp_out=${CMAKE_CURRENT_BINARY_DIR} ${onnx}/onnx.proto)
add_library(onnx_proto STATIC ${CMAKE_CURRENT_BINARY_DIR}/onnx.pb.cc)
target_link_libraries(onnx_proto PUBLIC protobuf-lite)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/onnx.pb.h TYPE INCLUDE)

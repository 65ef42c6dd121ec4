# libtorch, optional: the judge of gradients (tests/interop/torch) and of training speed (bench). Its headers do not compile as
# C++20 with clang and define glog's CHECK, so its programs are C++17 and include nothing of src/.
set(BANTAM_TORCH auto CACHE STRING "Programs over libtorch: auto (where it is found), on or off")
set_property(CACHE BANTAM_TORCH PROPERTY STRINGS auto on off)
if(NOT BANTAM_TORCH MATCHES "^(auto|on|off)$")
  message(FATAL_ERROR "BANTAM_TORCH is \"${BANTAM_TORCH}\"; give auto, on or off")
endif()

set(Torch_FOUND FALSE)
if(NOT BANTAM_TORCH STREQUAL "off")
  set(CMAKE_MESSAGE_LOG_LEVEL WARNING)  # its package file tells about each of its own dependencies
  find_package(Torch QUIET)
  unset(CMAKE_MESSAGE_LOG_LEVEL)
  if(NOT Torch_FOUND AND BANTAM_TORCH STREQUAL "on")
    message(FATAL_ERROR "BANTAM_TORCH is on and libtorch was not found: apt-get install --no-install-recommends "
                        "libtorch-dev, or give the folder of another libtorch as -DCMAKE_PREFIX_PATH")
  endif()
endif()
if(Torch_FOUND)
  message(STATUS "libtorch: ${Torch_VERSION}")
else()
  message(STATUS "libtorch: none, so no oracle of gradients")
endif()

# bantam_torch_program(NAME SOURCES...)
function(bantam_torch_program name)
  separate_arguments(flags UNIX_COMMAND "${TORCH_CXX_FLAGS}")
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES CXX_STANDARD 17)
  target_include_directories(${name} SYSTEM PRIVATE ${TORCH_INCLUDE_DIRS})
  target_compile_options(${name} PRIVATE ${flags})
  target_link_libraries(${name} PRIVATE ${TORCH_LIBRARIES})
endfunction()

# Compiler settings and the one function that declares a room (a folder under src/).

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# -ffp-contract=off: a multiply and an add are fused only where the source says fma, so that every instruction set and
# every compiler computes the same bits.
add_compile_options(-Wall -Wextra -Werror -Wshadow -Wno-unused-parameter -ffp-contract=off -fno-math-errno)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # GCC 12.2 deletes calls to functions that write only through a pointer when AVX-512 code is inlined into them; without
  # these two analyses it does not. Its AVX-512 headers also trip -Wmaybe-uninitialized.
  add_compile_options(-fno-ipa-modref -fno-ipa-pure-const -Wno-maybe-uninitialized -Wno-uninitialized
                      -Wno-stringop-overflow -Wno-array-bounds -Wno-restrict -Wno-dangling-pointer)
endif()

if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang" AND NOT CMAKE_CROSSCOMPILING)
  add_link_options(-fuse-ld=lld)
endif()

if(BANTAM_SANITIZE)
  add_compile_options(-fsanitize=${BANTAM_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1 -O1)
  add_link_options(-fsanitize=${BANTAM_SANITIZE})
endif()
if(BANTAM_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()

# bantam_room(NAME formats USES base tensor [LINKS fmt::fmt ...] SOURCES a.cc ... [TESTS a_test.cc ...])
#
# Declares the library bantam_<NAME> from src/<NAME>/ and, when TESTS are given, the test program <NAME>_test. USES are the
# only rooms whose headers may be included; scripts/check-layers holds the includes against this list.
function(bantam_room)
  cmake_parse_arguments(ROOM "" "NAME" "USES;LINKS;SOURCES;TESTS" ${ARGN})
  add_library(bantam_${ROOM_NAME} STATIC ${ROOM_SOURCES})
  target_include_directories(bantam_${ROOM_NAME} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_BINARY_DIR}/src)
  list(TRANSFORM ROOM_USES PREPEND bantam_)
  target_link_libraries(bantam_${ROOM_NAME} PUBLIC ${ROOM_USES} ${ROOM_LINKS})
  if(ROOM_TESTS AND BUILD_TESTING)
    add_executable(${ROOM_NAME}_test ${ROOM_TESTS})
    target_link_libraries(${ROOM_NAME}_test PRIVATE bantam_${ROOM_NAME} bantam_testing GTest::gmock GTest::gtest_main)
    gtest_discover_tests(${ROOM_NAME}_test DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
                         PROPERTIES TIMEOUT 600 LABELS ${ROOM_NAME})
  endif()
endfunction()

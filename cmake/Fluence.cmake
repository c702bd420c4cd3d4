# How the project builds its own targets.

add_library(fluence_options INTERFACE)
target_include_directories(fluence_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(fluence_options INTERFACE
  -Wall -Wextra -Werror
  $<$<COMPILE_LANGUAGE:CXX>:-Wshadow -Wconversion -Wnon-virtual-dtor>
  # GCC 12 warns falsely about "literal" + std::string (GCC bug 105651).
  $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>)
if(FLUENCE_SANITIZE)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
    message(FATAL_ERROR "FLUENCE_SANITIZE needs Clang, which has the fuzzer: remove this folder and run 'make sanitize'")
  endif()
  target_compile_definitions(fluence_options INTERFACE FLUENCE_SANITIZED)
  # With assertions, and lines in reports.
  target_compile_options(fluence_options INTERFACE
    -O1 -gline-tables-only -fsanitize=address,undefined -fno-sanitize-recover=all)
  target_link_options(fluence_options INTERFACE -fsanitize=address,undefined)
endif()

# fluence_compile_fast(TARGET): a program or library that is compiled as fast as can be, since what takes its time
# is in others.
function(fluence_compile_fast target)
  target_compile_options(${target} PRIVATE -O$<IF:$<BOOL:${FLUENCE_SANITIZE}>,0,1>)
endfunction()

# fluence_needs(WHAT DEPENDENCY...): leaves the folder, unless all that what it describes needs is there: optional
# dependencies by name, or targets. A macro, for it returns from the folder's file.
macro(fluence_needs what)
  set(needs_missing "")
  foreach(dependency ${ARGN})
    if(dependency MATCHES "::")
      if(NOT TARGET ${dependency})
        list(APPEND needs_missing ${dependency})
      endif()
    elseif(NOT FLUENCE_HAS_${dependency})
      list(APPEND needs_missing "${dependency} (${FLUENCE_PACKAGE_${dependency}})")
    endif()
  endforeach()
  if(needs_missing)
    list(JOIN needs_missing ", " needs_missing)
    if(FLUENCE_ALL)
      message(FATAL_ERROR "${what}: needs ${needs_missing}. Install it, or configure without FLUENCE_ALL")
    endif()
    set_property(GLOBAL APPEND PROPERTY FLUENCE_LEFT_OUT "${what}: needs ${needs_missing}")
    return()
  endif()
endmacro()

# Says what was left out, and why.
function(fluence_report_left_out)
  get_property(all GLOBAL PROPERTY FLUENCE_LEFT_OUT)
  foreach(one IN LISTS all)
    message(STATUS "left out: ${one}")
  endforeach()
endfunction()

# Targets whose files share names of helpers: there each source is compiled alone, also in a unity build.
set(FLUENCE_SEPARATE import_test)
function(fluence_separate target name)
  if(name IN_LIST FLUENCE_SEPARATE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)
  endif()
endfunction()

# fluence_few_units(TARGET COUNT): in a unity build so many sources are a few units of one size, at most 16 sources each:
# what compiles longest is headers, once a unit.
function(fluence_few_units target count)
  math(EXPR units "(${count} + 15) / 16")
  math(EXPR size "(${count} + ${units} - 1) / ${units}")
  set_target_properties(${target} PROPERTIES UNITY_BUILD_BATCH_SIZE ${size})
endfunction()

# fluence_alone(SOURCE...): sources of this folder that share names of helpers with others of it.
function(fluence_alone)
  set_source_files_properties(${ARGN} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
endfunction()

# fluence_library(NAME SOURCES a.cpp ... DEPENDS fluence::x ...): a folder's static library, fluence::NAME.
function(fluence_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPENDS" ${ARGN})
  add_library(fluence_${name} STATIC ${ARG_SOURCES})
  add_library(fluence::${name} ALIAS fluence_${name})
  fluence_separate(fluence_${name} ${name})
  list(LENGTH ARG_SOURCES count)
  fluence_few_units(fluence_${name} ${count})
  target_compile_features(fluence_${name} PUBLIC cxx_std_20)
  target_link_libraries(fluence_${name} PUBLIC ${ARG_DEPENDS} PRIVATE $<BUILD_INTERFACE:fluence_options>)
  target_include_directories(fluence_${name} PUBLIC $<BUILD_INTERFACE:${CMAKE_SOURCE_DIR}>
                                                    $<INSTALL_INTERFACE:include/fluence-cpp>)
  if(FLUENCE_SANITIZE)
    target_compile_options(fluence_${name} PRIVATE -fsanitize=fuzzer-no-link)
  endif()
endfunction()

# The instruction sets that kernels are compiled for, and how.
set(FLUENCE_ISAS all CACHE STRING "Kernels of the fast engine: of all instruction sets, chosen when it runs, or native, of this machine's best alone")
if(NOT FLUENCE_ISAS MATCHES "^(all|native)$")
  message(FATAL_ERROR "FLUENCE_ISAS is '${FLUENCE_ISAS}': use all or native")
endif()
set(kernel_isas scalar)
set(flags_avx2 -mavx2 -mpopcnt)
set(flags_avx512 ${flags_avx2} -mavx512f -mavx512bw -mavx512vl -mavx512vpopcntdq -mavx512vbmi2)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  list(APPEND kernel_isas avx2 avx512)
endif()
if(FLUENCE_ISAS STREQUAL "native" AND kernel_isas MATCHES avx2)
  execute_process(COMMAND ${CMAKE_CXX_COMPILER} -march=native -dM -E -x c++ /dev/null OUTPUT_VARIABLE macros
                  COMMAND_ERROR_IS_FATAL ANY)
  set(best scalar)
  foreach(isa avx2 avx512)
    set(has ON)
    foreach(flag IN LISTS flags_${isa})
      string(TOUPPER "${flag}" macro)
      string(REPLACE "-M" "__" macro "${macro}__")
      if(NOT macros MATCHES "${macro} ")
        set(has OFF)
      endif()
    endforeach()
    if(has)
      set(best ${isa})
    endif()
  endforeach()
  set(kernel_isas ${best})
endif()

# fluence_kernels(NAME SOURCES a.cpp ... DEFINE MACRO ...): sources of the library fluence::NAME that are compiled
# once per instruction set and chosen at run time. Each macro is the name of the one's table, kernels_ISA; the
# library's own sources see FLUENCE_SCALAR_KERNELS, FLUENCE_AVX2_KERNELS and FLUENCE_AVX512_KERNELS of those that there are.
function(fluence_kernels name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEFINE" ${ARGN})
  foreach(isa IN LISTS kernel_isas)
    string(TOUPPER ${isa} upper)
    target_compile_definitions(fluence_${name} PRIVATE FLUENCE_${upper}_KERNELS)
    set(kernels fluence_${name}_kernels_${isa})
    add_library(${kernels} OBJECT ${ARG_SOURCES})
    target_link_libraries(${kernels} PRIVATE fluence_options)
    target_compile_options(${kernels} PRIVATE ${flags_${isa}}
      # GCC 12 warns falsely about its own intrinsics (GCC bug 105593).
      $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    list(TRANSFORM ARG_DEFINE APPEND "=kernels_${isa}" OUTPUT_VARIABLE definitions)
    target_compile_definitions(${kernels} PRIVATE ${definitions})
    target_sources(fluence_${name} PRIVATE $<TARGET_OBJECTS:${kernels}>)
    set_target_properties(${kernels} PROPERTIES UNITY_BUILD OFF)  # few and long
  endforeach()
endfunction()

# fluence_test(NAME SOURCES a.cpp ... DEPENDS fluence::x ... [LABELS l] [TIMEOUT s]): a GoogleTest
# program, one ctest entry a test. Under ctest the RTL asserts the rules of its AXI ports.
function(fluence_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SOURCES;DEPENDS;LABELS" ${ARGN})
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 600)
  endif()
  add_executable(${name} ${ARG_SOURCES})
  fluence_separate(${name} ${name})
  target_link_libraries(${name} PRIVATE ${ARG_DEPENDS} fluence_options GTest::gmock GTest::gtest_main)
  target_compile_definitions(${name} PRIVATE FLUENCE_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
  fluence_compile_fast(${name})
  if(TARGET models AND ARG_DEPENDS MATCHES "::(rtl_model|platform|session|trace)")
    add_dependencies(${name} models)
  endif()
  gtest_discover_tests(${name} DISCOVERY_MODE PRE_TEST PROPERTIES TIMEOUT ${ARG_TIMEOUT}
                       ENVIRONMENT FLUENCE_RTL_RULES=1 LABELS "${ARG_LABELS}")
endfunction()

include(GoogleTest)

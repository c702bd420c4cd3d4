# The package for Debian: `make package`. What is installed is what is in it.
set(share share/fluence)
set(doc share/doc/fluence)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/campaigns ${CMAKE_SOURCE_DIR}/radiation DESTINATION ${share})
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${doc})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs ${CMAKE_SOURCE_DIR}/examples DESTINATION ${doc})
# Completion of the command's words, a file a shell.
set(completion_fluence.bash share/bash-completion/completions/fluence)
set(completion__fluence share/zsh/vendor-completions/_fluence)
set(completion_fluence.fish share/fish/vendor_completions.d/fluence.fish)
file(GLOB completions CONFIGURE_DEPENDS RELATIVE ${CMAKE_SOURCE_DIR}/cli/completion ${CMAKE_SOURCE_DIR}/cli/completion/*)
foreach(file IN LISTS completions)
  cmake_path(GET completion_${file} PARENT_PATH folder)
  cmake_path(GET completion_${file} FILENAME name)
  install(FILES ${CMAKE_SOURCE_DIR}/cli/completion/${file} DESTINATION ${folder} RENAME ${name})
endforeach()

# Whose work is in it, and under which licences.
set(copyright ${CMAKE_BINARY_DIR}/copyright)
if(TARGET fluence_analysis)
  add_custom_command(OUTPUT ${copyright}
    COMMAND ${CMAKE_COMMAND} -DOUT=${copyright} -DOURS=${CMAKE_SOURCE_DIR}/LICENSE
            -DMODULES=${CMAKE_BINARY_DIR}/analysis/report/node_modules -P ${CMAKE_CURRENT_LIST_DIR}/Copyright.cmake
    DEPENDS ${CMAKE_CURRENT_LIST_DIR}/Copyright.cmake ${CMAKE_SOURCE_DIR}/LICENSE fluence_analysis VERBATIM)
  add_custom_target(fluence_copyright ALL DEPENDS ${copyright})
  install(FILES ${copyright} DESTINATION ${doc} OPTIONAL)
endif()

# All that is installed but the simulated accelerators: of these the package has those that are built.
add_custom_target(package_contents)
foreach(target fluence fluence_platform_shared fluence_firmware fluence_manual fluence_copyright ${FLUENCE_INSTALLED})
  if(TARGET ${target})
    add_dependencies(package_contents ${target})
  endif()
endforeach()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME fluence)
set(CPACK_PACKAGE_VENDOR "The Fluence developers")
set(CPACK_PACKAGE_CONTACT "The Fluence developers")
set(CPACK_PACKAGE_DESCRIPTION
"Flips any stored bit of a FINN-style pipeline at an exact clock cycle and tells what became of the
classification: by a fast engine, and by Verilated RTL in a SystemC platform, score for score the same.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_COMPRESSION_TYPE zstd)
# To build the simulated accelerator of a network.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "verilator, g++, make")
include(CPack)

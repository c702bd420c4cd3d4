# The package for Debian: `make package`. What is installed is what is in it.
set(share share/fluence)
set(doc share/doc/fluence)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/campaigns ${CMAKE_SOURCE_DIR}/radiation DESTINATION ${share})
install(FILES ${CMAKE_SOURCE_DIR}/README.md DESTINATION ${doc})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/docs ${CMAKE_SOURCE_DIR}/examples DESTINATION ${doc})

# Whose work is in it, and under which licences.
file(READ ${CMAKE_SOURCE_DIR}/LICENSE copyright)
set(verilator /usr/share/doc/verilator/copyright)
if(EXISTS ${verilator})
  file(READ ${verilator} theirs)
  string(APPEND copyright "\n\nVerilator's run-time library is in the simulated accelerators, and its writer of waves in the command:\n\n${theirs}")
endif()
file(READ ${CMAKE_SOURCE_DIR}/analysis/report/libraries/LICENSES theirs)
string(APPEND copyright "\n\nWhat draws the report's figures is in the command:\n\n${theirs}")
file(WRITE ${CMAKE_BINARY_DIR}/copyright "${copyright}")
install(FILES ${CMAKE_BINARY_DIR}/copyright DESTINATION ${doc})

# All that is installed but the simulated accelerators: of these the package has those that are built.
add_custom_target(package_contents)
foreach(target fluence fluence_platform_shared fluence_firmware fluence_manual fluence_python ${FLUENCE_INSTALLED})
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
# To build the simulated accelerator of a network; for the Python module.
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "verilator, g++, make, python3, python3-numpy, python3-pandas")
include(CPack)

# The libraries below the platform as an installed CMake package and for pkg-config: find_package(fluence),
# fluence::study and what it stands on; headers by the names that they have here.
include(CMakePackageConfigHelpers)
set(package_dir lib/cmake/fluence)
set(FLUENCE_PC_LIBS "")
set(FLUENCE_INSTALLED "")
foreach(library rates study analysis attack map campaign fault rtl network codec base)
  if(TARGET fluence_${library})
    install(TARGETS fluence_${library} EXPORT fluence ARCHIVE DESTINATION lib)
    set_target_properties(fluence_${library} PROPERTIES EXPORT_NAME ${library})
    install(DIRECTORY ${CMAKE_SOURCE_DIR}/${library} DESTINATION include/fluence-cpp
            FILES_MATCHING PATTERN "*.hpp" PATTERN "model" EXCLUDE PATTERN "gen" EXCLUDE)
    list(APPEND FLUENCE_INSTALLED fluence_${library})
    string(APPEND FLUENCE_PC_LIBS " -lfluence_${library}")
  endif()
endforeach()
install(EXPORT fluence NAMESPACE fluence:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fluence-config.cmake.in
  ${CMAKE_BINARY_DIR}/fluence-config.cmake INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${CMAKE_BINARY_DIR}/fluence-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/fluence-config.cmake ${CMAKE_BINARY_DIR}/fluence-config-version.cmake
        DESTINATION ${package_dir})
configure_file(${CMAKE_CURRENT_LIST_DIR}/fluence.pc.in ${CMAKE_BINARY_DIR}/fluence.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/fluence.pc DESTINATION lib/pkgconfig)

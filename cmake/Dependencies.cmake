# Every library the project uses, found in one place. The Debian packages that hold them are listed in
# packages.txt.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Boost REQUIRED)
find_package(SQLiteCpp REQUIRED)
pkg_check_modules(TOMLPLUSPLUS REQUIRED IMPORTED_TARGET tomlplusplus)
pkg_check_modules(SYSTEMC REQUIRED IMPORTED_TARGET systemc tlm)
find_program(VERILATOR_BIN verilator REQUIRED)

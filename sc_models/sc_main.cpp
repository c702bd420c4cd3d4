#include <systemc>

#include <cstdlib>

// The SystemC library brings a main() that calls sc_main() and so does not link without one. Programs
// here have a main() of their own, which takes precedence.
extern "C" int sc_main(int, char*[]) { std::abort(); }

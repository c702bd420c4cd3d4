// The names of one network's Verilated classes and headers, FL_NET being the network's.
#pragma once

#define FL_JOIN_(a, b) a##b
#define FL_JOIN(a, b) FL_JOIN_(a, b)
#define FL_TEXT_(a) #a
#define FL_TEXT(a) FL_TEXT_(a)
#define FL_TOP FL_JOIN(V, FL_NET)
#define FL_ROOT FL_JOIN(FL_TOP, ___024root)

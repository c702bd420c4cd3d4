// The rules of a stream (valid/ready) as named assertions.
`ifndef FL_ASSERT_SVH
`define FL_ASSERT_SVH

// valid, once given, stays until the word is taken, and the word with it.
`define FL_ASSERT_STREAM(Name, valid, ready, data)                                      \
  Name``ValidStays: assert property (@(posedge clk_i) disable iff (!rst_ni)             \
      (valid) && !(ready) |=> (valid))                                                  \
    else $error(`"Name: valid withdrawn before ready`");                                \
  Name``DataStable: assert property (@(posedge clk_i) disable iff (!rst_ni)             \
      (valid) && !(ready) |=> $stable(data))                                            \
    else $error(`"Name: word changed while stalled`");

`endif

// Rules as named assertions.
`ifndef FL_ASSERT_SVH
`define FL_ASSERT_SVH

// A synthesizer has no use for them, and may not read them.
`ifdef SYNTHESIS
`define FL_ASSERT(Name, rule, text)
`define FL_ASSERT_HANDSHAKE(Name, valid, ready, data)
`else
`define FL_ASSERT(Name, rule, text)                                                     \
  Name: assert property (@(posedge clk_i) disable iff (!rst_ni) rule)                   \
    else $error(`"Name: text`");

// valid, once given, stays until the word is taken, and the word with it.
`define FL_ASSERT_HANDSHAKE(Name, valid, ready, data)                                   \
  Name``ValidStays: assert property (@(posedge clk_i) disable iff (!rst_ni)             \
      (valid) && !(ready) |=> (valid))                                                  \
    else $error(`"Name: valid withdrawn before ready`");                                \
  Name``DataStable: assert property (@(posedge clk_i) disable iff (!rst_ni)             \
      (valid) && !(ready) |=> $stable(data))                                            \
    else $error(`"Name: word changed while stalled`");
`endif

// The same within the pipeline. There are many, so only the benches of the blocks pay for them.
`ifdef FL_CHECK_STREAMS
`define FL_ASSERT_STREAM(Name, valid, ready, data) `FL_ASSERT_HANDSHAKE(Name, valid, ready, data)
`else
`define FL_ASSERT_STREAM(Name, valid, ready, data)
`endif

`endif

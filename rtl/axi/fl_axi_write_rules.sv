// What both sides of an AXI4 write port keep to, as named assertions, if bursts come one after the other,
// each with its address first. No hardware: it drives nothing.
`include "fl_assert.svh"

module fl_axi_write_rules (
    input logic        clk_i,
    input logic        rst_ni,
    input logic [63:0] awaddr_i,
    input logic [ 7:0] awlen_i,
    input logic        awvalid_i,
    input logic        awready_i,
    input logic [63:0] wdata_i,
    input logic        wlast_i,
    input logic        wvalid_i,
    input logic        wready_i,
    input logic        bvalid_i,
    input logic        bready_i
);
  logic [8:0] beats_q;  // of the open burst that have not been sent
  logic owed_q;         // a response, to the burst that was sent last

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      beats_q <= '0;
      owed_q  <= 1'b0;
    end else begin
      if (awvalid_i && awready_i) beats_q <= 9'(awlen_i) + 9'd1;
      else if (wvalid_i && wready_i) beats_q <= beats_q - 9'd1;
      if (wvalid_i && wready_i && wlast_i) owed_q <= 1'b1;
      else if (bvalid_i && bready_i) owed_q <= 1'b0;
    end
  end

  `FL_ASSERT_HANDSHAKE(Aw, awvalid_i, awready_i, {awaddr_i, awlen_i})
  `FL_ASSERT_HANDSHAKE(W, wvalid_i, wready_i, {wdata_i, wlast_i})
  `FL_ASSERT_HANDSHAKE(B, bvalid_i, bready_i, 1'b0)
  `FL_ASSERT(AwWithin4K, awvalid_i |-> 13'(awaddr_i[11:3]) + 13'(awlen_i) < 13'd512,
             a burst across a 4 KB boundary)
  `FL_ASSERT(AwOneAtATime, awvalid_i |-> beats_q == '0 && !owed_q, a burst before the last one's end)
  `FL_ASSERT(WFollowsAw, wvalid_i |-> beats_q != '0, a beat without an address)
  `FL_ASSERT(WLastIsLast, wvalid_i |-> wlast_i == (beats_q == 9'd1), wlast on the wrong beat)
  `FL_ASSERT(BWasEarned, bvalid_i |-> owed_q, a response without a burst)
endmodule

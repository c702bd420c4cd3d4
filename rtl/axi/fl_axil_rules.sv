// What both sides of an AXI4-Lite port keep to, as named assertions, if addresses and data are taken
// together and one access of a kind is open at a time. No hardware: it drives nothing.
`include "fl_assert.svh"

module fl_axil_rules (
    input logic        clk_i,
    input logic        rst_ni,
    input logic [ 6:0] awaddr_i,
    input logic        awvalid_i,
    input logic        awready_i,
    input logic [31:0] wdata_i,
    input logic [ 3:0] wstrb_i,
    input logic        wvalid_i,
    input logic        wready_i,
    input logic        bvalid_i,
    input logic        bready_i,
    input logic [ 6:0] araddr_i,
    input logic        arvalid_i,
    input logic        arready_i,
    input logic [31:0] rdata_i,
    input logic        rvalid_i,
    input logic        rready_i
);
  logic write_owed_q, read_owed_q;  // responses

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      write_owed_q <= 1'b0;
      read_owed_q  <= 1'b0;
    end else begin
      if (awvalid_i && awready_i) write_owed_q <= 1'b1;
      else if (bvalid_i && bready_i) write_owed_q <= 1'b0;
      if (arvalid_i && arready_i) read_owed_q <= 1'b1;
      else if (rvalid_i && rready_i) read_owed_q <= 1'b0;
    end
  end

  `FL_ASSERT_HANDSHAKE(Aw, awvalid_i, awready_i, awaddr_i)
  `FL_ASSERT_HANDSHAKE(W, wvalid_i, wready_i, {wdata_i, wstrb_i})
  `FL_ASSERT_HANDSHAKE(B, bvalid_i, bready_i, 1'b0)
  `FL_ASSERT_HANDSHAKE(Ar, arvalid_i, arready_i, araddr_i)
  `FL_ASSERT_HANDSHAKE(R, rvalid_i, rready_i, rdata_i)
  `FL_ASSERT(WriteIsTakenWhole, (awvalid_i && awready_i) == (wvalid_i && wready_i),
             address and data were not taken together)
  `FL_ASSERT(BWasEarned, bvalid_i |-> write_owed_q, a response without a write)
  `FL_ASSERT(RWasAskedFor, rvalid_i |-> read_owed_q, a value that nobody asked for)
endmodule

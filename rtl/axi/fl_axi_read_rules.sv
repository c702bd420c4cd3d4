// What both sides of an AXI4 read port keep to, as named assertions. No hardware: it drives nothing.
`include "fl_assert.svh"

module fl_axi_read_rules (
    input logic        clk_i,
    input logic        rst_ni,
    input logic [63:0] araddr_i,
    input logic [ 7:0] arlen_i,
    input logic        arvalid_i,
    input logic        arready_i,
    input logic [63:0] rdata_i,
    input logic        rvalid_i,
    input logic        rready_i
);
  logic [31:0] owed_q;  // beats that were asked for and have not come

  always_ff @(posedge clk_i) begin
    if (!rst_ni) owed_q <= '0;
    else begin
      owed_q <= owed_q + (arvalid_i && arready_i ? 32'(arlen_i) + 32'd1 : '0) -
          32'(rvalid_i && rready_i);
    end
  end

  `FL_ASSERT_HANDSHAKE(Ar, arvalid_i, arready_i, {araddr_i, arlen_i})
  `FL_ASSERT_HANDSHAKE(R, rvalid_i, rready_i, rdata_i)
  `FL_ASSERT(ArWithin4K, arvalid_i |-> 13'(araddr_i[11:3]) + 13'(arlen_i) < 13'd512,
             a burst across a 4 KB boundary)
  `FL_ASSERT(RWasAskedFor, rvalid_i |-> owed_q != '0, a beat that nobody asked for)
endmodule

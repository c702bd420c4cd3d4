// Stream FIFO: a ring of Depth words. Both handshakes come from registers, so a word pushed in one cycle
// can leave in the next, and a full FIFO takes a word only in the cycle after one has left.
`include "fl_assert.svh"

module fl_fifo #(
    parameter int unsigned Width = 8,
    parameter int unsigned Depth = 2
) (
    input  logic             clk_i,
    input  logic             rst_ni,
    input  logic [Width-1:0] data_i,
    input  logic             valid_i,
    output logic             ready_o,
    output logic [Width-1:0] data_o,
    output logic             valid_o,
    input  logic             ready_i
);
  localparam int unsigned PtrBits = Depth > 1 ? $clog2(Depth) : 1;
  localparam int unsigned FillBits = $clog2(Depth + 1);
  localparam bit [PtrBits-1:0] LastSlot = PtrBits'(Depth - 1);

  if (Width == 0) $error("fl_fifo: Width must be positive");
  if (Depth == 0) $error("fl_fifo: Depth must be positive");

  logic [Width-1:0] mem_q[Depth];
  logic [PtrBits-1:0] rptr_q, wptr_q;
  logic [FillBits-1:0] fill_q;
  logic push, pop;

  assign ready_o = fill_q != FillBits'(Depth);
  assign valid_o = fill_q != '0;
  assign data_o  = mem_q[rptr_q];
  assign push    = valid_i & ready_o;
  assign pop     = valid_o & ready_i;

  always_ff @(posedge clk_i) begin
    if (push) mem_q[wptr_q] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      rptr_q <= '0;
      wptr_q <= '0;
      fill_q <= '0;
    end else begin
      if (push) wptr_q <= wptr_q == LastSlot ? '0 : wptr_q + 1'b1;
      if (pop) rptr_q <= rptr_q == LastSlot ? '0 : rptr_q + 1'b1;
      if (push != pop) fill_q <= push ? fill_q + 1'b1 : fill_q - 1'b1;
    end
  end

  `FL_ASSERT_STREAM(FifoIn, valid_i, ready_o, data_i)
  `FL_ASSERT_STREAM(FifoOut, valid_o, ready_i, data_o)
endmodule

// Sliding window unit (im2col) for a 3x3, stride 1 convolution without padding.
//
// A ring of Kernel + 1 line blocks. Kernel lines are filled first; then, row by row of the output, the
// windows are read out in the order ky, kx, channel while the next line fills the fourth block. As in the
// HLS original (finn-hlslib slidingwindow.h), one loop iteration a cycle does both: the k-th word of the
// new line enters together with the k-th word of the row's windows. Each image starts afresh.
`include "fl_assert.svh"

module fl_sliding_window #(
    parameter int unsigned InDim    = 32,
    parameter int unsigned OutDim   = 30,
    parameter int unsigned Kernel   = 3,
    parameter int unsigned Channels = 3,
    parameter int unsigned Simd     = 3,
    parameter int unsigned Bits     = 8,
    localparam int unsigned Width   = Simd * Bits
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
  localparam int unsigned Blocks = Kernel + 1;
  localparam int unsigned PixelWords = Channels / Simd;
  localparam int unsigned LineWords = InDim * PixelWords;
  localparam int unsigned KernelWords = Kernel * PixelWords;  // one row of a window, contiguous in a line
  localparam int unsigned LastBase = (OutDim - 1) * PixelWords;
  localparam int unsigned BlockBits = $clog2(Blocks);
  localparam int unsigned ColBits = $clog2(LineWords + 1);
  localparam int unsigned AddrBits = $clog2(LineWords);
  localparam int unsigned TapBits = KernelWords > 1 ? $clog2(KernelWords) : 1;
  localparam int unsigned KyBits = $clog2(Kernel);
  localparam int unsigned RowBits = $clog2(InDim);

  if (Channels % Simd != 0) $error("fl_sliding_window: Simd must divide Channels");
  if (OutDim != InDim - Kernel + 1) $error("fl_sliding_window: OutDim must be InDim - Kernel + 1");
  if ((Blocks & (Blocks - 1)) != 0) $error("fl_sliding_window: Kernel + 1 must be a power of two");
  if (OutDim * Kernel * KernelWords < LineWords)
    $error("fl_sliding_window: a row of windows must be at least as long as a line");

  logic [Width-1:0] lines_q[Blocks][LineWords];

  // The line that is being filled: how many of its words have entered, and its block.
  logic [ColBits-1:0] col_q;
  logic [BlockBits-1:0] wblock_q;
  logic [RowBits-1:0] line_q;  // number of that line in the image
  logic filling_q;             // the first Kernel lines
  logic done_q;                // all lines of the image have entered
  // The word that is read out.
  logic [BlockBits-1:0] rblock_q;  // block of the window's top line
  logic [KyBits-1:0] ky_q;
  logic [TapBits-1:0] tap_q;
  logic [AddrBits-1:0] base_q;  // first word of the window within a line
  logic [RowBits-1:0] row_q;

  logic reads, writes, step;
  logic line_end, tap_end, ky_end, window_end, row_end;

  assign reads      = filling_q || (!done_q && col_q != ColBits'(LineWords));
  assign writes     = !filling_q;
  assign step       = (!reads || valid_i) && (!writes || ready_i);
  assign ready_o    = reads && (!writes || ready_i);
  assign valid_o    = writes && (!reads || valid_i);
  assign data_o     = lines_q[rblock_q+BlockBits'(ky_q)][base_q+AddrBits'(tap_q)];

  assign line_end   = col_q == ColBits'(LineWords - 1);
  assign tap_end    = tap_q == TapBits'(KernelWords - 1);
  assign ky_end     = tap_end && ky_q == KyBits'(Kernel - 1);
  assign window_end = ky_end && base_q == AddrBits'(LastBase);
  assign row_end    = window_end;

  always_ff @(posedge clk_i) begin
    if (step && reads) lines_q[wblock_q][AddrBits'(col_q)] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      col_q     <= '0;
      wblock_q  <= '0;
      line_q    <= '0;
      filling_q <= 1'b1;
      done_q    <= 1'b0;
      rblock_q  <= '0;
      ky_q      <= '0;
      tap_q     <= '0;
      base_q    <= '0;
      row_q     <= '0;
    end else if (step) begin
      if (reads) col_q <= col_q + 1'b1;
      if (filling_q) begin
        if (line_end) begin
          col_q    <= '0;
          wblock_q <= wblock_q + 1'b1;
          line_q   <= line_q + 1'b1;
          if (line_q == RowBits'(Kernel - 1)) begin
            filling_q <= 1'b0;
            done_q    <= InDim == Kernel;
          end
        end
      end else begin
        tap_q <= tap_end ? '0 : tap_q + 1'b1;
        if (tap_end) ky_q <= ky_end ? '0 : ky_q + 1'b1;
        if (ky_end) base_q <= row_end ? '0 : base_q + AddrBits'(PixelWords);
        if (row_end) begin
          col_q    <= '0;
          wblock_q <= wblock_q + 1'b1;
          line_q   <= line_q + 1'b1;
          rblock_q <= rblock_q + 1'b1;
          row_q    <= row_q + 1'b1;
          if (line_q == RowBits'(InDim - 1)) done_q <= 1'b1;
          if (row_q == RowBits'(OutDim - 1)) begin
            filling_q <= 1'b1;
            done_q    <= 1'b0;
            line_q    <= '0;
            wblock_q  <= '0;
            rblock_q  <= '0;
            row_q     <= '0;
          end
        end
      end
    end
  end

  `FL_ASSERT_STREAM(WindowOut, valid_o, ready_i, data_o)
endmodule

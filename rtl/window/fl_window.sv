// Window unit (im2col) for any kernel, stride and padding. KernelHeight lines are kept in a ring. Before each row of
// windows the lines that it needs enter; then its windows leave in the order ky, kx, channel. Lines that no window
// needs enter, too, behind the last row. Pixels outside of the map are 0.
//
// Lines and windows take turns, where fl_sliding_window, which has stride 1 and no padding, overlaps them.
`include "fl_assert.svh"

module fl_window #(
    parameter int unsigned InHeight     = 8,
    parameter int unsigned InWidth      = 8,   // pixels of a line
    parameter int unsigned OutHeight    = 8,
    parameter int unsigned OutWidth     = 8,
    parameter int unsigned KernelHeight = 3,
    parameter int unsigned KernelWidth  = 3,
    parameter int unsigned StrideY      = 1,
    parameter int unsigned StrideX      = 1,
    parameter int unsigned Top          = 1,
    parameter int unsigned Left         = 1,
    parameter int unsigned Channels     = 4,
    parameter int unsigned Simd         = 2,
    parameter int unsigned Bits         = 4,
    localparam int unsigned Width       = Simd * Bits
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
  localparam int unsigned PixelWords = Channels / Simd;
  localparam int unsigned LineWords = InWidth * PixelWords;
  localparam int unsigned BlockBits = KernelHeight > 1 ? $clog2(KernelHeight) : 1;
  localparam int unsigned ColBits = LineWords > 1 ? $clog2(LineWords) : 1;
  localparam int unsigned LineBits = $clog2(InHeight + 1);
  localparam int unsigned RowBits = $clog2(OutHeight + 1);
  localparam int unsigned XBits = OutWidth > 1 ? $clog2(OutWidth) : 1;
  localparam int unsigned KyBits = KernelHeight > 1 ? $clog2(KernelHeight) : 1;
  localparam int unsigned KxBits = KernelWidth > 1 ? $clog2(KernelWidth) : 1;
  localparam int unsigned ChBits = PixelWords > 1 ? $clog2(PixelWords) : 1;

  if (Channels % Simd != 0) $error("fl_window: Simd must divide Channels");
  if (Top >= KernelHeight || Left >= KernelWidth) $error("fl_window: padding must be smaller than the kernel");
  if ((OutHeight - 1) * StrideY >= InHeight + Top || (OutWidth - 1) * StrideX >= InWidth + Left)
    $error("fl_window: a window must begin within the map");

  logic [Width-1:0] lines_q[KernelHeight][LineWords];

  logic [LineBits-1:0] line_q;  // lines of the image that have entered
  logic [ColBits-1:0] col_q;    // words of the next one that have
  logic [RowBits-1:0] row_q;    // the row of windows that is next; OutHeight: none
  logic [XBits-1:0] x_q;
  logic [KyBits-1:0] ky_q;
  logic [KxBits-1:0] kx_q;
  logic [ChBits-1:0] ch_q;

  logic giving, take, give;
  logic col_end, ch_end, kx_end, ky_end, x_end, all_rows, all_lines;
  logic on_map;
  logic signed [31:0] needed, y, x;

  assign all_rows  = row_q == RowBits'(OutHeight);
  assign all_lines = line_q == LineBits'(InHeight);
  assign needed    = $signed(32'(row_q)) * $signed(32'(StrideY)) + $signed(32'(KernelHeight)) - $signed(32'(Top));
  assign giving    = !all_rows && (all_lines || $signed(32'(line_q)) >= needed);
  assign ready_o   = !giving;
  assign valid_o   = giving;
  assign take      = valid_i && !giving;
  assign give      = giving && ready_i;

  assign col_end = col_q == ColBits'(LineWords - 1);
  assign ch_end  = ch_q == ChBits'(PixelWords - 1);
  assign kx_end  = ch_end && kx_q == KxBits'(KernelWidth - 1);
  assign ky_end  = kx_end && ky_q == KyBits'(KernelHeight - 1);
  assign x_end   = ky_end && x_q == XBits'(OutWidth - 1);

  assign y      = needed - $signed(32'(KernelHeight)) + $signed(32'(ky_q));
  assign x      = $signed(32'(x_q)) * $signed(32'(StrideX)) + $signed(32'(kx_q)) - $signed(32'(Left));
  assign on_map = y >= 0 && y < $signed(32'(InHeight)) && x >= 0 && x < $signed(32'(InWidth));
  assign data_o = giving && on_map
      ? lines_q[BlockBits'($unsigned(y) % KernelHeight)][ColBits'($unsigned(x) * PixelWords + 32'(ch_q))] : '0;

  always_ff @(posedge clk_i) begin
    if (take) lines_q[BlockBits'(32'(line_q) % KernelHeight)][col_q] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_q <= '0;
      col_q  <= '0;
      row_q  <= '0;
      x_q    <= '0;
      ky_q   <= '0;
      kx_q   <= '0;
      ch_q   <= '0;
    end else if (take) begin
      col_q <= col_end ? '0 : col_q + 1'b1;
      if (col_end) begin
        line_q <= line_q + 1'b1;
        if (all_rows && line_q == LineBits'(InHeight - 1)) begin
          line_q <= '0;
          row_q  <= '0;
        end
      end
    end else if (give) begin
      ch_q <= ch_end ? '0 : ch_q + 1'b1;
      if (ch_end) kx_q <= kx_end ? '0 : kx_q + 1'b1;
      if (kx_end) ky_q <= ky_end ? '0 : ky_q + 1'b1;
      if (ky_end) x_q <= x_end ? '0 : x_q + 1'b1;
      if (x_end) begin
        row_q <= row_q + 1'b1;
        if (all_lines && row_q == RowBits'(OutHeight - 1)) begin
          line_q <= '0;
          row_q  <= '0;
        end
      end
    end
  end

  `FL_ASSERT_STREAM(WindowOut, valid_o, ready_i, data_o)
endmodule

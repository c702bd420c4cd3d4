// 2x2 max pool on whole pixels. Two lines of pixels are folded into one row buffer, then the row leaves;
// as in the HLS original (finn-hlslib maxpool.h) nothing enters meanwhile.
`include "fl_assert.svh"

module fl_max_pool #(
    parameter int unsigned Dim      = 28,
    parameter int unsigned Channels = 64,
    parameter int unsigned Bits     = 1,   // 1: unsigned; 2: two's complement
    localparam int unsigned Width   = Channels * Bits
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
  localparam int unsigned OutDim = Dim / 2;
  localparam int unsigned ColBits = $clog2(OutDim);

  if (Dim % 2 != 0 || Dim < 4) $error("fl_max_pool: Dim must be even and at least 4");
  if (Bits != 1 && Bits != 2) $error("fl_max_pool: Bits must be 1 or 2");

  logic [Width-1:0] row_q[OutDim];
  logic [ColBits-1:0] col_q;
  logic odd_pixel_q, odd_line_q, emitting_q;
  logic take, give, col_end;
  logic [Width-1:0] held, folded;

  assign ready_o = !emitting_q;
  assign valid_o = emitting_q;
  assign data_o  = row_q[col_q];
  assign take    = valid_i && !emitting_q;
  assign give    = emitting_q && ready_i;
  assign col_end = col_q == ColBits'(OutDim - 1);
  assign held    = row_q[col_q];

  if (Bits == 1) begin : g_or
    assign folded = held | data_i;
  end else begin : g_max
    for (genvar c = 0; c < Channels; c++) begin : g_channel
      assign folded[c*Bits+:Bits] = $signed(data_i[c*Bits+:Bits]) > $signed(held[c*Bits+:Bits])
          ? data_i[c*Bits+:Bits] : held[c*Bits+:Bits];
    end
  end

  always_ff @(posedge clk_i) begin
    if (take) row_q[col_q] <= (!odd_pixel_q && !odd_line_q) ? data_i : folded;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      col_q       <= '0;
      odd_pixel_q <= 1'b0;
      odd_line_q  <= 1'b0;
      emitting_q  <= 1'b0;
    end else begin
      if (take) begin
        odd_pixel_q <= !odd_pixel_q;
        if (odd_pixel_q) col_q <= col_end ? '0 : col_q + 1'b1;
        if (odd_pixel_q && col_end) begin
          odd_line_q <= !odd_line_q;
          emitting_q <= odd_line_q;
        end
      end
      if (give) begin
        col_q <= col_end ? '0 : col_q + 1'b1;
        if (col_end) emitting_q <= 1'b0;
      end
    end
  end

  `FL_ASSERT_STREAM(PoolOut, valid_o, ready_i, data_o)
endmodule

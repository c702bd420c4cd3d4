// Stream width converter. Narrowing: a wide word leaves in Ratio pieces, lowest first. Widening: Ratio
// words are joined, the first one lowest. One word enters or leaves a cycle; the piece that completes a
// transfer passes through, so the register holds only the rest.
`include "fl_assert.svh"

module fl_width_converter #(
    parameter int unsigned InWidth  = 64,
    parameter int unsigned OutWidth = 32
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [ InWidth-1:0] data_i,
    input  logic                valid_i,
    output logic                ready_o,
    output logic [OutWidth-1:0] data_o,
    output logic                valid_o,
    input  logic                ready_i
);
  localparam bit Narrow = InWidth > OutWidth;
  localparam int unsigned Ratio = Narrow ? InWidth / OutWidth : OutWidth / InWidth;
  localparam int unsigned HeldWidth = Narrow ? InWidth - OutWidth : OutWidth - InWidth;
  localparam int unsigned CountBits = Ratio > 1 ? $clog2(Ratio) : 1;
  localparam bit [CountBits-1:0] LastCount = CountBits'(Ratio - 1);

  if (InWidth == OutWidth) $error("fl_width_converter: equal widths need no converter");
  if (InWidth != OutWidth && (Narrow ? InWidth % OutWidth : OutWidth % InWidth) != 0)
    $error("fl_width_converter: one width must divide the other");

  logic [HeldWidth-1:0] data_q;
  logic [CountBits-1:0] count_q;
  logic step;

  if (Narrow) begin : g_narrow
    logic first;
    assign first   = count_q == '0;
    assign valid_o = !first || valid_i;
    assign ready_o = first && ready_i;
    assign data_o  = first ? data_i[OutWidth-1:0] : data_q[OutWidth-1:0];
    assign step    = valid_o && ready_i;
    always_ff @(posedge clk_i) begin
      if (step) data_q <= first ? data_i[InWidth-1:OutWidth] : data_q >> OutWidth;
    end
  end else begin : g_widen
    logic last;
    assign last    = count_q == LastCount;
    assign valid_o = last && valid_i;
    assign ready_o = !last || ready_i;
    assign data_o  = {data_i, data_q};
    assign step    = valid_i && ready_o;
    always_ff @(posedge clk_i) begin
      if (step && !last) data_q <= HeldWidth'({data_i, data_q} >> InWidth);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) count_q <= '0;
    else if (step) count_q <= count_q == LastCount ? '0 : count_q + 1'b1;
  end

  `FL_ASSERT_STREAM(ConverterOut, valid_o, ready_i, data_o)
endmodule

// Max pool of any window, stride and padding, on whole pixels of any format. A pixel that enters is folded into the
// maxima of all windows that have it; a row of maxima leaves when its last line has entered, and nothing enters
// meanwhile. Pixels outside of the map count for nothing.
//
// fl_max_pool is the same for windows of 2 x 2 beside each other.
`include "fl_assert.svh"

module fl_pool #(
    parameter int unsigned InHeight     = 6,
    parameter int unsigned InWidth      = 6,
    parameter int unsigned OutHeight    = 3,
    parameter int unsigned OutWidth     = 3,
    parameter int unsigned KernelHeight = 3,
    parameter int unsigned KernelWidth  = 3,
    parameter int unsigned StrideY      = 2,
    parameter int unsigned StrideX      = 2,
    parameter int unsigned Top          = 0,
    parameter int unsigned Left         = 0,
    parameter int unsigned Channels     = 4,
    parameter int unsigned Bits         = 3,
    parameter bit          Signed       = 1'b0,  // two's complement
    localparam int unsigned Width       = Channels * Bits
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
  // Windows above each other that have a line, and beside each other that have a pixel: at most so many, if the map goes
  // on beyond its edges. Rows of maxima that are held: those that there are of them.
  localparam int unsigned Down = (KernelHeight + StrideY - 1) / StrideY;
  localparam int unsigned Across = (KernelWidth + StrideX - 1) / StrideX;
  localparam int unsigned Rows = Down < OutHeight ? Down : OutHeight;
  localparam int unsigned Words = Rows * OutWidth;
  localparam int unsigned WordBits = Words > 1 ? $clog2(Words) : 1;
  localparam int unsigned LineBits = $clog2(InHeight + 1);
  localparam int unsigned ColBits = InWidth > 1 ? $clog2(InWidth) : 1;
  localparam int unsigned RowBits = $clog2(OutHeight + 1);
  localparam int unsigned XBits = OutWidth > 1 ? $clog2(OutWidth) : 1;

  if (Top >= KernelHeight || Left >= KernelWidth) $error("fl_pool: padding must be smaller than the window");
  if ((OutHeight - 1) * StrideY >= InHeight + Top || (OutWidth - 1) * StrideX >= InWidth + Left)
    $error("fl_pool: a window must begin within the map");

  logic [Width-1:0] rows_q[Words];

  logic [LineBits-1:0] line_q;  // lines of the image that have entered
  logic [ColBits-1:0] col_q;    // pixels of the next one that have
  logic [RowBits-1:0] row_q;    // the row of maxima that leaves next; OutHeight: none
  logic [XBits-1:0] x_q;

  logic giving, take, give, all_rows, all_lines, col_end, x_end;
  logic signed [31:0] needed;

  assign all_rows  = row_q == RowBits'(OutHeight);
  assign all_lines = line_q == LineBits'(InHeight);
  assign needed    = $signed(32'(row_q)) * $signed(32'(StrideY)) + $signed(32'(KernelHeight)) - $signed(32'(Top));
  assign giving    = !all_rows && (all_lines || $signed(32'(line_q)) >= needed);
  assign ready_o   = !giving;
  assign valid_o   = giving;
  assign take      = valid_i && !giving;
  assign give      = giving && ready_i;
  assign col_end   = col_q == ColBits'(InWidth - 1);
  assign x_end     = x_q == XBits'(OutWidth - 1);
  assign data_o    = giving ? rows_q[WordBits'(32'(row_q) % Rows * OutWidth + 32'(x_q))] : '0;

  function automatic logic [Width-1:0] larger(logic [Width-1:0] a, logic [Width-1:0] b);
    for (int unsigned c = 0; c < Channels; c++) begin
      if (Signed) larger[c*Bits+:Bits] = $signed(a[c*Bits+:Bits]) > $signed(b[c*Bits+:Bits]) ? a[c*Bits+:Bits] : b[c*Bits+:Bits];
      else larger[c*Bits+:Bits] = a[c*Bits+:Bits] > b[c*Bits+:Bits] ? a[c*Bits+:Bits] : b[c*Bits+:Bits];
    end
  endfunction

  always_ff @(posedge clk_i) begin
    if (take) begin
      for (int unsigned i = 0; i < Down; i++) begin
        for (int unsigned j = 0; j < Across; j++) begin
          // The i-th row from below that begins at this line or above it, and the first line of it; likewise aside.
          logic signed [31:0] y, x, top, left;
          logic [WordBits-1:0] word;
          y    = $signed((32'(line_q) + Top) / StrideY) - $signed(i);
          x    = $signed((32'(col_q) + Left) / StrideX) - $signed(j);
          top  = y * $signed(32'(StrideY)) - $signed(32'(Top));
          left = x * $signed(32'(StrideX)) - $signed(32'(Left));
          word = WordBits'($unsigned(y) % Rows * OutWidth + $unsigned(x));
          if (y >= 0 && y < $signed(32'(OutHeight)) && $signed(32'(line_q)) < top + $signed(32'(KernelHeight)) &&
              x >= 0 && x < $signed(32'(OutWidth)) && $signed(32'(col_q)) < left + $signed(32'(KernelWidth))) begin
            rows_q[word] <= ($signed(32'(line_q)) == top || line_q == '0) &&
                ($signed(32'(col_q)) == left || col_q == '0) ? data_i : larger(data_i, rows_q[word]);
          end
        end
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      line_q <= '0;
      col_q  <= '0;
      row_q  <= '0;
      x_q    <= '0;
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
      x_q <= x_end ? '0 : x_q + 1'b1;
      if (x_end) begin
        row_q <= row_q + 1'b1;
        if (all_lines && row_q == RowBits'(OutHeight - 1)) begin
          line_q <= '0;
          row_q  <= '0;
        end
      end
    end
  end

  `FL_ASSERT_STREAM(PoolOut, valid_o, ready_i, data_o)
endmodule

// Word packer: WordsIn words of InWidth bits become WordsOut words of OutWidth bits, for each image anew and in the
// order of the bits, lowest first. Of the last word what no bit is left for is 0; bits that no word is left for are
// dropped. A word enters or leaves a cycle: one enters whenever fewer bits are held than leave. Of each SlotBits of a
// word that enters, ValueBits are passed on.
//
// Where one width divides the other and no bits are added or dropped, fl_width_converter does both in one cycle.
`include "fl_assert.svh"

module fl_word_packer #(
    parameter int unsigned InWidth  = 64,
    parameter int unsigned OutWidth = 24,
    parameter int unsigned WordsIn  = 3,
    parameter int unsigned WordsOut = 8,
    parameter int unsigned SlotBits = 1,
    parameter int unsigned ValueBits = 1
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
  function automatic int unsigned common_divisor(int unsigned a, int unsigned b);
    int unsigned x, y, rest;
    x = a;
    y = b;
    while (y != 0) begin
      rest = x % y;
      x = y;
      y = rest;
    end
    common_divisor = x;
  endfunction

  localparam int unsigned Slots = InWidth / SlotBits;
  localparam int unsigned InBits = Slots * ValueBits;
  localparam int unsigned HeldWidth = InBits + OutWidth - common_divisor(InBits, OutWidth);
  localparam int unsigned FillBits = $clog2(HeldWidth + 1);
  localparam int unsigned TakenBits = $clog2(WordsIn + 1);
  localparam int unsigned GivenBits = WordsOut > 1 ? $clog2(WordsOut) : 1;
  localparam bit [HeldWidth-1:0] WordMask = '1 >> (HeldWidth - InBits);

  if (InWidth == 0 || OutWidth == 0) $error("fl_word_packer: widths must be positive");
  if (WordsIn == 0 || WordsOut == 0) $error("fl_word_packer: an image has at least a word");
  if (ValueBits > SlotBits || InWidth % SlotBits != 0) $error("fl_word_packer: a word has whole slots of values");
  if ((WordsIn - 1) * InBits >= WordsOut * OutWidth) $error("fl_word_packer: the last word that enters must be needed");

  logic [HeldWidth-1:0] data_q;
  logic [FillBits-1:0] fill_q;    // bits that are held
  logic [TakenBits-1:0] taken_q;  // words of the image that have entered
  logic [GivenBits-1:0] given_q;  // and left

  logic [InBits-1:0] values;
  logic full, all_taken, give, take, last;
  logic [OutWidth-1:0] held;

  for (genvar i = 0; i < Slots; i++) begin : g_value
    assign values[i*ValueBits+:ValueBits] = data_i[i*SlotBits+:ValueBits];
  end
  if (ValueBits < SlotBits) begin : g_rest
    logic unused_rest;
    assign unused_rest = ^data_i;
  end

  assign full      = fill_q >= FillBits'(OutWidth);
  assign all_taken = taken_q == TakenBits'(WordsIn);
  assign valid_o   = full || all_taken;
  assign ready_o   = !valid_o;
  assign take      = valid_i && ready_o;
  assign give      = valid_o && ready_i;
  assign last      = given_q == GivenBits'(WordsOut - 1);
  assign held      = ~('1 << fill_q);
  assign data_o    = full ? data_q[OutWidth-1:0] : data_q[OutWidth-1:0] & held;

  always_ff @(posedge clk_i) begin
    if (take) data_q <= (data_q & ~(WordMask << fill_q)) | (HeldWidth'(values) << fill_q);
    else if (give) data_q <= data_q >> OutWidth;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      fill_q  <= '0;
      taken_q <= '0;
      given_q <= '0;
    end else if (take) begin
      fill_q  <= fill_q + FillBits'(InBits);
      taken_q <= taken_q + 1'b1;
    end else if (give) begin
      fill_q  <= full && !last ? fill_q - FillBits'(OutWidth) : '0;
      taken_q <= last ? '0 : taken_q;
      given_q <= last ? '0 : given_q + 1'b1;
    end
  end

  `FL_ASSERT_STREAM(PackerOut, valid_o, ready_i, data_o)
endmodule

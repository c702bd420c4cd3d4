// Matrix-vector-activation unit for inputs and weights that are -1 or +1 and accumulators that add up their
// products. Otherwise it is fl_mvau, whose units of one-bit inputs count equal bits: the input vector enters
// during the first neuron fold and is kept for the others, a finished row waits in the accumulators, and
// parameters are written and read one memory word at a time while the unit is idle.
`include "fl_assert.svh"

module fl_mvau_signs #(
    parameter int unsigned MatrixWidth  = 832,
    parameter int unsigned MatrixHeight = 1024,
    parameter int unsigned Simd         = 64,
    parameter int unsigned Pe           = 32,
    parameter int unsigned OutBits      = 2,   // equals Thresholds
    parameter int unsigned Thresholds   = 2,   // an output, 1 or 2
    parameter int unsigned AccBits      = 16,
    localparam int unsigned OutWidth    = Pe * OutBits
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [    Simd-1:0] data_i,
    input  logic                valid_i,
    output logic                ready_o,
    output logic [OutWidth-1:0] data_o,
    output logic                valid_o,
    input  logic                ready_i,
    // One parameter word: weights_sel_i or thresholds_sel_i picks the memory.
    input  logic                weights_sel_i,
    input  logic                thresholds_sel_i,
    input  logic                param_we_i,
    input  logic [        31:0] param_pe_i,
    input  logic [        31:0] param_word_i,
    input  logic [        31:0] param_thresh_i,
    input  logic [        63:0] param_data_i,
    output logic [        63:0] param_data_o
);
  localparam int unsigned Sf = MatrixWidth / Simd;
  localparam int unsigned Nf = MatrixHeight / Pe;
  localparam int unsigned WeightWords = Sf * Nf;
  localparam int unsigned SfBits = Sf > 1 ? $clog2(Sf) : 1;
  localparam int unsigned NfBits = Nf > 1 ? $clog2(Nf) : 1;
  localparam int unsigned TileBits = WeightWords > 1 ? $clog2(WeightWords) : 1;
  localparam int unsigned PeBits = Pe > 1 ? $clog2(Pe) : 1;

  if (MatrixWidth % Simd != 0) $error("fl_mvau_signs: Simd must divide MatrixWidth");
  if (MatrixHeight % Pe != 0) $error("fl_mvau_signs: Pe must divide MatrixHeight");
  if (Thresholds < 1 || Thresholds > 2) $error("fl_mvau_signs: 1 or 2 thresholds an output");
  if (OutBits != Thresholds) $error("fl_mvau_signs: OutBits must equal Thresholds");

  logic [Simd-1:0] weights_q[Pe][WeightWords];
  logic [Simd-1:0] vector_q[Sf];
  logic signed [AccBits-1:0] acc_q[Pe];

  logic [SfBits-1:0] sf_q;
  logic [NfBits-1:0] nf_q, nf_out_q;
  logic [TileBits-1:0] tile_q;
  logic out_valid_q;

  logic first_nf, sf_end, nf_end, out_blocked, step;
  logic [Simd-1:0] operand;

  assign first_nf    = nf_q == '0;
  assign sf_end      = sf_q == SfBits'(Sf - 1);
  assign nf_end      = nf_q == NfBits'(Nf - 1);
  assign out_blocked = out_valid_q && !ready_i;
  assign step        = (!first_nf || valid_i) && !out_blocked;
  assign ready_o     = first_nf && !out_blocked;
  assign valid_o     = out_valid_q;
  assign operand     = first_nf ? data_i : vector_q[sf_q];

  // sum(w*a) over one word of Simd pairs: an equal pair adds 1, another one subtracts it.
  always_ff @(posedge clk_i) begin
    if (step) begin
      for (int unsigned p = 0; p < Pe; p++) begin
        acc_q[p] <= (sf_q == '0 ? '0 : acc_q[p]) + $signed(AccBits'(Simd))
            - $signed(AccBits'($countones(weights_q[p][tile_q] ^ operand)) << 1);
      end
    end
  end

  always_ff @(posedge clk_i) begin
    if (step && first_nf) vector_q[sf_q] <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      sf_q        <= '0;
      nf_q        <= '0;
      nf_out_q    <= '0;
      tile_q      <= '0;
      out_valid_q <= 1'b0;
    end else begin
      if (step) begin
        sf_q   <= sf_end ? '0 : sf_q + 1'b1;
        tile_q <= sf_end && nf_end ? '0 : tile_q + 1'b1;
        if (sf_end) begin
          nf_q     <= nf_end ? '0 : nf_q + 1'b1;
          nf_out_q <= nf_q;
        end
      end
      if (step && sf_end) out_valid_q <= 1'b1;
      else if (ready_i) out_valid_q <= 1'b0;
    end
  end

  // Parameter access.
  logic [PeBits-1:0] param_pe;
  logic [TileBits-1:0] param_tile;
  assign param_pe   = PeBits'(param_pe_i);
  assign param_tile = TileBits'(param_word_i);
  always_ff @(posedge clk_i) begin
    if (weights_sel_i && param_we_i) weights_q[param_pe][param_tile] <= param_data_i[Simd-1:0];
  end

  if (1) begin : g_thresholds  // as in fl_mvau, so that the memory has the same name
    logic signed [AccBits-1:0] thresholds_q[Pe][Nf][Thresholds];
    logic [NfBits-1:0] param_nf;
    logic param_slot;
    assign param_nf   = NfBits'(param_word_i);
    assign param_slot = Thresholds > 1 ? param_thresh_i[0] : 1'b0;
    always_ff @(posedge clk_i) begin
      if (thresholds_sel_i && param_we_i)
        thresholds_q[param_pe][param_nf][param_slot] <= param_data_i[AccBits-1:0];
    end

    // How many thresholds lie below the accumulator; two of them code -1, 0, +1.
    function automatic logic [OutBits-1:0] activation(
        input logic signed [AccBits-1:0] sum, input logic signed [AccBits-1:0] first,
        input logic signed [AccBits-1:0] last);
      if (Thresholds == 1) activation = OutBits'(first < sum);
      else activation = OutBits'({!(first < sum) && !(last < sum), (first < sum) == (last < sum)});
    endfunction

    always_comb begin
      data_o = '0;
      if (out_valid_q) begin
        for (int unsigned p = 0; p < Pe; p++) begin
          data_o[p*OutBits+:OutBits] = activation(
              acc_q[p], thresholds_q[p][nf_out_q][0], thresholds_q[p][nf_out_q][Thresholds-1]);
        end
      end
    end

    always_comb begin
      param_data_o = '0;
      if (weights_sel_i) param_data_o = 64'(weights_q[param_pe][param_tile]);
      else if (thresholds_sel_i) param_data_o = 64'(thresholds_q[param_pe][param_nf][param_slot]);
    end
  end

  logic unused_param;
  assign unused_param = ^{param_pe_i, param_word_i, param_thresh_i, param_data_i};

  `FL_ASSERT_STREAM(MvauOut, valid_o, ready_i, data_o)
endmodule

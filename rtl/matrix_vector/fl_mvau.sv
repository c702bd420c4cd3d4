// Matrix-vector-activation unit: Pe rows by Simd columns a cycle, SF synapse folds inner, NF neuron folds
// outer. The input vector enters during the first neuron fold and is kept in the vector buffer for the
// others. A finished row of Pe accumulators waits in the accumulators themselves until the output stream
// takes its activations; the next fold goes on in the same cycle.
//
// Parameters are written and read one memory word at a time while the unit is idle.
`include "fl_assert.svh"

module fl_mvau #(
    parameter int unsigned MatrixWidth  = 27,
    parameter int unsigned MatrixHeight = 64,
    parameter int unsigned Simd         = 3,
    parameter int unsigned Pe           = 16,
    parameter int unsigned InBits       = 8,   // 1, 2: bit planes; 8: signed pixel codes
    parameter int unsigned OutBits      = 1,   // Thresholds == 0: AccBits
    parameter int unsigned WeightBits   = 1,
    parameter int unsigned Thresholds   = 1,   // an output; 0 passes the accumulator
    parameter int unsigned AccBits      = 24,
    parameter int unsigned FractionBits = 8,   // of AccBits; pixel codes have InBits - 1
    parameter bit          Xnor         = 1'b0,
    localparam int unsigned InWidth     = Simd * InBits,
    localparam int unsigned OutWidth    = Pe * OutBits
) (
    input  logic                clk_i,
    input  logic                rst_ni,
    input  logic [ InWidth-1:0] data_i,
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
  localparam int unsigned WeightWidth = Simd * WeightBits;
  localparam int unsigned ThresholdSlots = Thresholds > 0 ? Thresholds : 1;
  localparam int unsigned SfBits = Sf > 1 ? $clog2(Sf) : 1;
  localparam int unsigned NfBits = Nf > 1 ? $clog2(Nf) : 1;
  localparam int unsigned TileBits = WeightWords > 1 ? $clog2(WeightWords) : 1;
  localparam int unsigned PeBits = Pe > 1 ? $clog2(Pe) : 1;
  localparam int unsigned CodeShift = FractionBits >= InBits ? FractionBits - InBits + 1 : 0;

  if (MatrixWidth % Simd != 0) $error("fl_mvau: Simd must divide MatrixWidth");
  if (MatrixHeight % Pe != 0) $error("fl_mvau: Pe must divide MatrixHeight");
  if (InBits != 1 && InBits != 2 && InBits != 8) $error("fl_mvau: InBits must be 1, 2 or 8");
  if (WeightBits != 1 && WeightBits != 2) $error("fl_mvau: WeightBits must be 1 or 2");
  if (Thresholds > 2) $error("fl_mvau: at most 2 thresholds an output");
  if (OutBits != (Thresholds == 0 ? AccBits : Thresholds))
    $error("fl_mvau: OutBits must equal Thresholds, or AccBits without thresholds");
  if (Xnor && (InBits != 1 || WeightBits != 1)) $error("fl_mvau: Xnor needs 1-bit operands");
  if (!Xnor && InBits == 1) $error("fl_mvau: 1-bit inputs need Xnor");
  if (InBits > 2 ? FractionBits + 1 < InBits || FractionBits >= AccBits : FractionBits != 0)
    $error("fl_mvau: FractionBits must be InBits - 1 or more for pixel codes, else 0");

  logic [WeightWidth-1:0] weights_q[Pe][WeightWords];
  logic [InWidth-1:0] vector_q[Sf];
  logic signed [AccBits-1:0] acc_q[Pe];

  logic [SfBits-1:0] sf_q;
  logic [NfBits-1:0] nf_q, nf_out_q;
  logic [TileBits-1:0] tile_q;
  logic out_valid_q;

  logic first_nf, sf_end, nf_end, out_blocked, step;
  logic [InWidth-1:0] operand;

  assign first_nf    = nf_q == '0;
  assign sf_end      = sf_q == SfBits'(Sf - 1);
  assign nf_end      = nf_q == NfBits'(Nf - 1);
  assign out_blocked = out_valid_q && !ready_i;
  assign step        = (!first_nf || valid_i) && !out_blocked;
  assign ready_o     = first_nf && !out_blocked;
  assign valid_o     = out_valid_q;
  assign operand     = first_nf ? data_i : vector_q[sf_q];

  // sum(w*a) over one word of Simd pairs, exact for every code that a fault can make.
  if (Xnor) begin : g_xnor
    always_ff @(posedge clk_i) begin
      if (step) begin
        for (int unsigned p = 0; p < Pe; p++) begin
          acc_q[p] <= (sf_q == '0 ? '0 : acc_q[p])
              + $signed(AccBits'($countones(~(weights_q[p][tile_q] ^ operand))));
        end
      end
    end
  end else if (InBits == 2) begin : g_planes
    // A two's complement code is a0 - 2*a1, so its products are counts of ones in ANDed bit planes.
    logic [Simd-1:0] a0, a1;
    for (genvar i = 0; i < Simd; i++) begin : g_plane
      assign a0[i] = operand[2*i];
      assign a1[i] = operand[2*i+1];
    end
    if (WeightBits == 1) begin : g_w1
      logic signed [AccBits-1:0] offset;
      assign offset = AccBits'($countones(a0)) - (AccBits'($countones(a1)) << 1);
      always_ff @(posedge clk_i) begin
        if (step) begin
          for (int unsigned p = 0; p < Pe; p++) begin
            acc_q[p] <= (sf_q == '0 ? '0 : acc_q[p]) - offset
                + $signed(AccBits'($countones(weights_q[p][tile_q] & a0)) << 1)
                - $signed(AccBits'($countones(weights_q[p][tile_q] & a1)) << 2);
          end
        end
      end
    end else begin : g_w2
      localparam bit [WeightWidth-1:0] LowBits = {Simd{2'b01}};
      logic [WeightWidth-1:0] swapped;  // the operand with the bits of each code exchanged
      for (genvar i = 0; i < Simd; i++) begin : g_swap
        assign swapped[2*i+:2] = {a0[i], a1[i]};
      end
      always_ff @(posedge clk_i) begin
        if (step) begin
          for (int unsigned p = 0; p < Pe; p++) begin
            acc_q[p] <= (sf_q == '0 ? '0 : acc_q[p])
                + $signed(AccBits'($countones(weights_q[p][tile_q] & operand & LowBits)))
                + $signed(AccBits'($countones(weights_q[p][tile_q] & operand & ~LowBits)) << 2)
                - $signed(AccBits'($countones(weights_q[p][tile_q] & swapped)) << 1);
          end
        end
      end
    end
  end else begin : g_pixels
    always_ff @(posedge clk_i) begin
      if (step) begin
        for (int unsigned p = 0; p < Pe; p++) begin
          logic signed [AccBits-1:0] sum;
          sum = sf_q == '0 ? '0 : acc_q[p];
          for (int unsigned i = 0; i < Simd; i++) begin
            logic signed [AccBits-1:0] code;
            code = AccBits'($signed(operand[i*InBits+:InBits])) <<< CodeShift;
            if (WeightBits == 1) begin
              sum = weights_q[p][tile_q][i] ? sum + code : sum - code;
            end else begin
              if (weights_q[p][tile_q][i*WeightBits]) sum = sum + code;
              if (weights_q[p][tile_q][i*WeightBits+WeightBits-1]) sum = sum - (code <<< 1);
            end
          end
          acc_q[p] <= sum;
        end
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
    if (weights_sel_i && param_we_i) weights_q[param_pe][param_tile] <= param_data_i[WeightWidth-1:0];
  end

  logic unused_param;
  if (Thresholds > 0) begin : g_thresholds
    logic signed [AccBits-1:0] thresholds_q[Pe][Nf][ThresholdSlots];
    logic [NfBits-1:0] param_nf;
    logic param_slot;
    assign param_nf   = NfBits'(param_word_i);
    assign param_slot = Thresholds > 1 ? param_thresh_i[0] : 1'b0;
    always_ff @(posedge clk_i) begin
      if (thresholds_sel_i && param_we_i)
        thresholds_q[param_pe][param_nf][param_slot] <= param_data_i[AccBits-1:0];
    end

    // The activation: how many thresholds lie below the accumulator; two of them code -1, 0, +1.
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
              acc_q[p], thresholds_q[p][nf_out_q][0], thresholds_q[p][nf_out_q][ThresholdSlots-1]);
        end
      end
    end

    // A threshold reads as its integer part, truncated toward zero: the fraction bits are lost.
    always_comb begin
      param_data_o = '0;
      if (weights_sel_i) begin
        param_data_o = 64'(weights_q[param_pe][param_tile]);
      end else if (thresholds_sel_i) begin
        param_data_o = 64'(thresholds_q[param_pe][param_nf][param_slot]);
        if (FractionBits > 0) param_data_o = $signed(param_data_o) / (64'sd1 <<< FractionBits);
      end
    end
    assign unused_param = ^{param_pe_i, param_word_i, param_thresh_i, param_data_i};
  end else begin : g_scores
    always_comb begin
      data_o = '0;
      if (out_valid_q) for (int unsigned p = 0; p < Pe; p++) data_o[p*OutBits+:OutBits] = acc_q[p];
    end
    assign param_data_o = weights_sel_i ? 64'(weights_q[param_pe][param_tile]) : '0;
    assign unused_param = ^{param_pe_i, param_word_i, param_thresh_i, param_data_i, thresholds_sel_i,
                            nf_out_q};
  end

  `FL_ASSERT_STREAM(MvauOut, valid_o, ready_i, data_o)
endmodule

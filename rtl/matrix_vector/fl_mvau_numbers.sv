// Matrix-vector-activation unit for weights and inputs of 1 to 8 bits and up to 255 thresholds. Otherwise it is
// fl_mvau, which is faster on the formats that it has: the input vector enters during the first neuron fold and is
// kept for the others, a finished row waits in the accumulators, and parameters are written and read one memory word
// at a time while the unit is idle, words of weights of more than 64 bits by slices of 64 that param_thresh_i selects.
//
// Words that are stored by a codec or read synchronously lie in memories of their own, one for each PE and each threshold
// (fl_memory). Accesses in which one was corrected, or found wrong, are counted from a run's start on. Where words are read
// synchronously, the host's are written a cycle later, for then what it does not write of them has been read.
`include "fl_assert.svh"

module fl_mvau_numbers #(
    parameter int unsigned MatrixWidth  = 64,
    parameter int unsigned MatrixHeight = 16,
    parameter int unsigned Simd         = 8,
    parameter int unsigned Pe           = 4,
    parameter int unsigned InBits       = 4,
    parameter bit          InUnsigned   = 1'b1,  // else two's complement, one bit -1 or +1
    parameter int unsigned WeightBits   = 3,     // 1: -1 or +1; more: two's complement
    parameter bit          Xnor         = 1'b0,  // count equal bits
    parameter int unsigned Thresholds   = 15,    // an output; 0 passes the accumulator
    parameter int unsigned OutBits      = 4,
    parameter int unsigned OutLeast     = 0,     // code of an output that no threshold is below; the next ones follow
    parameter int unsigned AccBits      = 16,
    parameter int unsigned FractionBits = 0,     // of AccBits; pixel codes have InBits - 1
    // The codecs of weights and thresholds, as fl_memory has them.
    parameter int unsigned WeightCopies      = 1,
    parameter int unsigned WeightChecks      = 0,
    parameter bit [(Simd * WeightBits * WeightChecks > 1024 ? Simd * WeightBits * WeightChecks : 1024)-1:0] WeightMasks = '0,
    parameter bit          WeightCorrects    = 1'b0,
    parameter bit          WeightRepairs     = 1'b0,
    parameter int unsigned WeightGroup       = 1,
    parameter bit [127:0]  WeightPattern     = '0,
    parameter bit          WeightHostStored  = 1'b1,
    parameter bit          WeightSynchronous = 1'b0,
    parameter int unsigned ThresholdCopies      = 1,
    parameter int unsigned ThresholdChecks      = 0,
    parameter bit [1023:0] ThresholdMasks       = '0,
    parameter bit          ThresholdCorrects    = 1'b0,
    parameter bit          ThresholdRepairs     = 1'b0,
    parameter int unsigned ThresholdGroup       = 1,
    parameter bit [127:0]  ThresholdPattern     = '0,
    parameter bit          ThresholdClamps      = 1'b0,
    parameter bit [63:0]   ThresholdLeast       = '0,
    parameter bit [63:0]   ThresholdMost        = '0,
    parameter bit          ThresholdHostStored  = 1'b1,
    parameter bit          ThresholdSynchronous = 1'b0,
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
    input  logic [        31:0] param_copy_i,
    input  logic [        31:0] param_pe_i,
    input  logic [        31:0] param_word_i,
    input  logic [        31:0] param_thresh_i,
    input  logic [        63:0] param_data_i,
    output logic [        63:0] param_data_o,
    // Counted accesses, of the memory that weight_counts_sel_i or threshold_counts_sel_i picks.
    input  logic                counts_clear_i,  // a run starts
    input  logic                weight_counts_sel_i,
    input  logic                threshold_counts_sel_i,
    output logic [        31:0] corrected_o,
    output logic [        31:0] detected_o
);
  localparam int unsigned Sf = MatrixWidth / Simd;
  localparam int unsigned Nf = MatrixHeight / Pe;
  localparam int unsigned WeightWords = Sf * Nf;
  localparam int unsigned WeightWidth = Simd * WeightBits;
  localparam int unsigned SliceBits = WeightWidth < 64 ? WeightWidth : 64;
  localparam int unsigned SfBits = Sf > 1 ? $clog2(Sf) : 1;
  localparam int unsigned NfBits = Nf > 1 ? $clog2(Nf) : 1;
  localparam int unsigned TileBits = WeightWords > 1 ? $clog2(WeightWords) : 1;
  localparam int unsigned PeBits = Pe > 1 ? $clog2(Pe) : 1;
  localparam int unsigned SlotBits = Thresholds > 1 ? $clog2(Thresholds) : 1;
  localparam bit WeightCells = WeightCopies > 1 || WeightChecks > 0 || WeightGroup > 1 || WeightSynchronous;
  localparam bit ThresholdCells = ThresholdCopies > 1 || ThresholdChecks > 0 || ThresholdGroup > 1 || ThresholdClamps ||
      ThresholdSynchronous;
  // A codec that repairs leaves no trace.
  localparam bit WeightCounts = (WeightCopies > 1 || WeightChecks > 0) && !WeightRepairs;
  localparam bit ThresholdCounts = (ThresholdCopies > 1 || ThresholdChecks > 0 || ThresholdClamps) && !ThresholdRepairs;
  localparam int unsigned CodeShift = FractionBits >= InBits ? FractionBits - InBits + 1 : 0;

  if (MatrixWidth % Simd != 0) $error("fl_mvau_numbers: Simd must divide MatrixWidth");
  if (MatrixHeight % Pe != 0) $error("fl_mvau_numbers: Pe must divide MatrixHeight");
  if (InBits < 1 || InBits > 8 || WeightBits < 1 || WeightBits > 8) $error("fl_mvau_numbers: numbers have 1 to 8 bits");
  if (AccBits < 2 || AccBits > 32) $error("fl_mvau_numbers: accumulators have 2 to 32 bits");
  if (Thresholds > 255) $error("fl_mvau_numbers: at most 255 thresholds an output");
  if (Thresholds == 0 && OutBits < AccBits) $error("fl_mvau_numbers: a score holds the accumulator");
  if (Xnor && (InBits != 1 || InUnsigned || WeightBits != 1)) $error("fl_mvau_numbers: Xnor needs numbers -1 and +1");

  logic [InWidth-1:0] vector_q[Sf];
  logic signed [AccBits-1:0] acc_q[Pe];

  logic [SfBits-1:0] sf_q;
  logic [NfBits-1:0] nf_q, nf_out_q, nf_out_next;
  logic [TileBits-1:0] tile_q, tile_next;
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
  assign tile_next   = !step ? tile_q : sf_end && nf_end ? '0 : tile_q + 1'b1;
  assign nf_out_next = step && sf_end ? nf_q : nf_out_q;

  function automatic logic signed [31:0] input_number(input logic [InBits-1:0] code);
    if (InUnsigned) input_number = $signed(32'(code));
    else if (InBits == 1) input_number = code[0] ? 32'sd1 : -32'sd1;
    else input_number = 32'($signed(code));
  endfunction

  function automatic logic signed [31:0] weight_number(input logic [WeightBits-1:0] code);
    if (WeightBits == 1) weight_number = code[0] ? 32'sd1 : -32'sd1;
    else weight_number = 32'($signed(code));
  endfunction

  // Adds a word's products to the sum of PE p. Sums wrap as a word of the accumulator's width does. A macro, for with a
  // function, or with the word in a variable, Verilator's model of this unit takes twice as long.
`define FL_ADD_PRODUCTS(word)                                                                          \
  if (step) begin                                                                                      \
    logic signed [31:0] sum;                                                                           \
    sum = sf_q == '0 ? '0 : 32'(acc_q[p]);                                                             \
    if (Xnor) begin                                                                                    \
      sum = sum + $countones(~(word ^ WeightWidth'(operand)));                                         \
    end else begin                                                                                     \
      for (int unsigned i = 0; i < Simd; i++) begin                                                    \
        sum = sum + ((weight_number(word[i*WeightBits+:WeightBits]) *                                  \
            input_number(operand[i*InBits+:InBits])) <<< CodeShift);                                   \
      end                                                                                              \
    end                                                                                                \
    acc_q[p] <= AccBits'(sum);                                                                         \
  end

  for (genvar p = 0; p < Pe; p++) begin : g_row
    if (WeightCells) begin : g_protected
      always_ff @(posedge clk_i) begin
        `FL_ADD_PRODUCTS(g_weight_memories.g_memory[p].word)
      end
    end else begin : g_plain
      always_ff @(posedge clk_i) begin
        `FL_ADD_PRODUCTS(g_weights.weights_q[p][tile_q])
      end
    end
  end
`undef FL_ADD_PRODUCTS

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
      tile_q   <= tile_next;
      nf_out_q <= nf_out_next;
      if (step) begin
        sf_q <= sf_end ? '0 : sf_q + 1'b1;
        if (sf_end) nf_q <= nf_end ? '0 : nf_q + 1'b1;
      end
      if (step && sf_end) out_valid_q <= 1'b1;
      else if (ready_i) out_valid_q <= 1'b0;
    end
  end

  // Parameter access.
  logic [PeBits-1:0] param_pe;
  logic [TileBits-1:0] param_tile;
  logic [NfBits-1:0] param_nf;
  logic [SlotBits-1:0] param_slot;
  logic [SliceBits-1:0] param_weights;
  logic signed [AccBits-1:0] param_threshold;
  logic [63:0] param_number;
  assign param_pe   = PeBits'(param_pe_i);
  assign param_tile = TileBits'(param_word_i);
  assign param_nf   = NfBits'(param_word_i);
  assign param_slot = Thresholds > 1 ? SlotBits'(param_thresh_i) : '0;

  // A threshold reads as its integer part, as in fl_mvau.
  assign param_number = FractionBits > 0 ? $signed(64'(param_threshold)) / (64'sd1 <<< FractionBits) :
      64'(param_threshold);
  assign param_data_o = weights_sel_i ? 64'(param_weights) : thresholds_sel_i ? param_number : '0;

  logic [31:0] weight_corrected, weight_detected, threshold_corrected, threshold_detected;
  assign corrected_o = weight_counts_sel_i ? weight_corrected : threshold_counts_sel_i ? threshold_corrected : '0;
  assign detected_o  = weight_counts_sel_i ? weight_detected : threshold_counts_sel_i ? threshold_detected : '0;

  if (WeightCells) begin : g_weight_memories
    logic [TileBits-1:0] address, next_address;
    logic [Pe-1:0] corrected, detected;
    logic host_sel, host_we;
    assign address      = host_sel ? param_tile : tile_q;
    assign next_address = weights_sel_i ? param_tile : tile_next;
    if (WeightSynchronous) begin : g_later
      logic write_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) write_q <= 1'b0;
        else write_q <= weights_sel_i && param_we_i;
      end
      assign host_sel = weights_sel_i || write_q;
      assign host_we  = write_q;
    end else begin : g_at_once
      assign host_sel = weights_sel_i;
      assign host_we  = param_we_i;
    end
    for (genvar p = 0; p < Pe; p++) begin : g_memory
      logic [WeightWidth-1:0] word;
      logic [SliceBits-1:0] own, host;  // host: what it reads of this PE and those before it
      fl_memory #(
          .Words(WeightWords),
          .Bits(WeightWidth),
          .Copies(WeightCopies),
          .Checks(WeightChecks),
          .Masks(WeightMasks),
          .Corrects(WeightCorrects),
          .Repairs(WeightRepairs),
          .Group(WeightGroup),
          .Pattern(WeightPattern),
          .HostStored(WeightHostStored),
          .Synchronous(WeightSynchronous)
      ) u_memory (
          .clk_i,
          .address_i  (address),
          .next_address_i(next_address),
          .access_i   (step),
          .data_o     (word),
          .corrected_o(corrected[p]),
          .detected_o (detected[p]),
          .host_sel_i (host_sel && param_pe == PeBits'(p)),
          .host_we_i  (host_we),
          .host_copy_i(2'(param_copy_i)),
          .host_slice_i(param_thresh_i),
          .host_data_i(param_data_i[SliceBits-1:0]),
          .host_data_o(own)
      );
      if (p == 0) begin : g_first
        assign host = own;
      end else begin : g_next
        assign host = own | g_memory[p-1].host;
      end
    end
    assign param_weights = g_memory[Pe-1].host;
    if (WeightCounts) begin : g_events
      fl_event_counter #(
          .Sources(Pe)
      ) u_corrected (
          .clk_i,
          .rst_ni,
          .clear_i (counts_clear_i),
          .events_i(corrected),
          .count_o (weight_corrected)
      );
      fl_event_counter #(
          .Sources(Pe)
      ) u_detected (
          .clk_i,
          .rst_ni,
          .clear_i (counts_clear_i),
          .events_i(detected),
          .count_o (weight_detected)
      );
    end else begin : g_no_events
      logic unused_events;
      assign unused_events = ^{corrected, detected};
      assign {weight_corrected, weight_detected} = '0;
    end
  end else begin : g_weights
    logic [WeightWidth-1:0] weights_q[Pe][WeightWords];
    logic [WeightWidth-1:0] host_read, host_word;
    assign host_read = weights_sel_i ? weights_q[param_pe][param_tile] : '0;
    if (WeightWidth <= 64) begin : g_word
      assign host_word     = param_data_i[WeightWidth-1:0];
      assign param_weights = host_read;
    end else begin : g_slices
      localparam int unsigned Slices = (WeightWidth + 63) / 64;
      for (genvar s = 0; s < Slices; s++) begin : g_slice
        localparam int unsigned Size = s + 1 < Slices ? 64 : WeightWidth - 64 * s;
        assign host_word[64*s+:Size] = param_thresh_i == s ? param_data_i[Size-1:0] : host_read[64*s+:Size];
      end
      assign param_weights = SliceBits'(host_read >> {param_thresh_i, 6'd0});
    end
    always_ff @(posedge clk_i) begin
      if (weights_sel_i && param_we_i) weights_q[param_pe][param_tile] <= host_word;
    end
    assign {weight_corrected, weight_detected} = '0;
  end

  if (Thresholds > 0 && ThresholdCells) begin : g_threshold_memories
    logic [NfBits-1:0] address, next_address;
    logic [Pe*Thresholds-1:0] corrected, detected;
    logic host_sel, host_we;
    assign address      = host_sel ? param_nf : nf_out_q;
    assign next_address = thresholds_sel_i ? param_nf : nf_out_next;
    if (ThresholdSynchronous) begin : g_later
      logic write_q;
      always_ff @(posedge clk_i) begin
        if (!rst_ni) write_q <= 1'b0;
        else write_q <= thresholds_sel_i && param_we_i;
      end
      assign host_sel = thresholds_sel_i || write_q;
      assign host_we  = write_q;
    end else begin : g_at_once
      assign host_sel = thresholds_sel_i;
      assign host_we  = param_we_i;
    end
    for (genvar m = 0; m < Pe * Thresholds; m++) begin : g_memory
      localparam int unsigned P = m / Thresholds;
      localparam int unsigned T = m % Thresholds;
      logic signed [AccBits-1:0] word, own, host;
      logic [OutBits-1:0] code;
      fl_memory #(
          .Words(Nf),
          .Bits(AccBits),
          .Copies(ThresholdCopies),
          .Checks(ThresholdChecks),
          .Masks(ThresholdMasks),
          .Corrects(ThresholdCorrects),
          .Repairs(ThresholdRepairs),
          .Group(ThresholdGroup),
          .Pattern(ThresholdPattern),
          .Clamps(ThresholdClamps),
          .Least(ThresholdLeast),
          .Most(ThresholdMost),
          .HostStored(ThresholdHostStored),
          .Synchronous(ThresholdSynchronous)
      ) u_memory (
          .clk_i,
          .address_i  (address),
          .next_address_i(next_address),
          .access_i   (out_valid_q && ready_i),
          .data_o     (word),
          .corrected_o(corrected[m]),
          .detected_o (detected[m]),
          .host_sel_i (host_sel && param_pe == PeBits'(P) && param_slot == SlotBits'(T)),
          .host_we_i  (host_we),
          .host_copy_i(2'(param_copy_i)),
          .host_slice_i('0),
          .host_data_i(param_data_i[AccBits-1:0]),
          .host_data_o(own)
      );
      if (m == 0) begin : g_first
        assign host = own;
      end else begin : g_next
        assign host = own | g_memory[m-1].host;
      end
      if (T == 0) begin : g_none_below
        assign code = OutBits'(OutLeast) + OutBits'(word < acc_q[P]);
      end else begin : g_below
        assign code = g_memory[m-1].code + OutBits'(word < acc_q[P]);
      end
      if (T == Thresholds - 1) begin : g_output
        assign data_o[P*OutBits+:OutBits] = out_valid_q ? code : '0;
      end
    end
    assign param_threshold = g_memory[Pe*Thresholds-1].host;
    if (ThresholdCounts) begin : g_events
      fl_event_counter #(
          .Sources(Pe * Thresholds)
      ) u_corrected (
          .clk_i,
          .rst_ni,
          .clear_i (counts_clear_i),
          .events_i(corrected),
          .count_o (threshold_corrected)
      );
      fl_event_counter #(
          .Sources(Pe * Thresholds)
      ) u_detected (
          .clk_i,
          .rst_ni,
          .clear_i (counts_clear_i),
          .events_i(detected),
          .count_o (threshold_detected)
      );
    end else begin : g_no_events
      logic unused_events;
      assign unused_events = ^{corrected, detected};
      assign {threshold_corrected, threshold_detected} = '0;
    end
  end else if (Thresholds > 0) begin : g_thresholds
    logic signed [AccBits-1:0] thresholds_q[Pe][Nf][Thresholds];
    always_ff @(posedge clk_i) begin
      if (thresholds_sel_i && param_we_i)
        thresholds_q[param_pe][param_nf][param_slot] <= param_data_i[AccBits-1:0];
    end
    assign param_threshold = thresholds_sel_i ? thresholds_q[param_pe][param_nf][param_slot] : '0;
    assign {threshold_corrected, threshold_detected} = '0;

    // The activation: how many thresholds lie below the accumulator, in whichever order.
    logic [OutBits-1:0] code;
    always_comb begin
      code   = '0;
      data_o = '0;
      if (out_valid_q) begin
        for (int unsigned p = 0; p < Pe; p++) begin
          code = OutBits'(OutLeast);
          for (int unsigned t = 0; t < Thresholds; t++) begin
            if (thresholds_q[p][nf_out_q][t] < acc_q[p]) code = code + 1'b1;
          end
          data_o[p*OutBits+:OutBits] = code;
        end
      end
    end
  end else begin : g_scores
    always_comb begin
      data_o = '0;
      if (out_valid_q) for (int unsigned p = 0; p < Pe; p++) data_o[p*OutBits+:OutBits] = OutBits'(acc_q[p]);
    end
    assign param_threshold = '0;
    assign {threshold_corrected, threshold_detected} = '0;
  end

  logic unused_param;
  assign unused_param = ^{param_pe_i, param_word_i, param_thresh_i, param_data_i, param_copy_i, counts_clear_i, nf_out_q,
                          param_nf, param_slot};

  `FL_ASSERT_STREAM(MvauOut, valid_o, ready_i, data_o)
endmodule

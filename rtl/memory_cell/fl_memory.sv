// A memory of parameters whose words are stored by a codec. Of Group neighbouring words the bits are mixed; those that are
// left over at the end are stored as they are. The parameters of the codec are written from codec/.
//
// Words are read asynchronously or, as block RAM reads them, into a register at the end of the cycle before: that of the
// address of the next cycle, in every cycle anew.
//
// Host and datapath share the port: parameters are written and read while the unit is idle, words of more than 64 bits by
// slices of 64.
module fl_memory #(
    parameter int unsigned Words      = 16,
    parameter int unsigned Bits       = 8,     // of a value
    parameter int unsigned Copies     = 1,     // 2 are compared, 3 vote on each bit
    parameter int unsigned Checks     = 0,     // check bits, stored above the value
    // Bits bits a check bit: those whose parity it is.
    parameter bit [(Bits * Checks > 1024 ? Bits * Checks : 1024)-1:0] Masks = '0,
    parameter bit          Corrects   = 1'b0,  // one wrong bit of a word; else it is detected
    parameter bit          Repairs    = 1'b0,  // an access stores what it gives in all copies
    parameter int unsigned Group      = 1,
    parameter bit [127:0]  Pattern    = '0,    // of a Group of 2: where its first word's bits are; '0: bits alternate
    parameter bit          Clamps     = 1'b0,  // values are numbers; those beyond Least and Most become the nearest of these
    parameter bit [63:0]   Least      = '0,
    parameter bit [63:0]   Most       = '0,
    parameter bit          HostStored = 1'b1,  // the host writes and reads one copy, or stored words as they are
    parameter bit          Synchronous = 1'b0,
    localparam int unsigned AddressBits = Words > 1 ? $clog2(Words) : 1,
    localparam int unsigned HostBits    = Bits < 64 ? Bits : 64
) (
    input  logic                   clk_i,
    input  logic [AddressBits-1:0] address_i,
    input  logic [AddressBits-1:0] next_address_i,  // that of the next cycle, if it is read synchronously
    input  logic                   access_i,     // the datapath takes what is read
    output logic [       Bits-1:0] data_o,
    output logic                   corrected_o,  // in this access
    output logic                   detected_o,
    input  logic                   host_sel_i,
    input  logic                   host_we_i,
    input  logic [            1:0] host_copy_i,
    input  logic [           31:0] host_slice_i,  // of a word of more than 64 bits
    input  logic [   HostBits-1:0] host_data_i,
    output logic [   HostBits-1:0] host_data_o   // 0 unless host_sel_i
);
  /*verilator inline_module*/ // else its words are no variables of the top, by which they are found
  localparam int unsigned StoredBits = Bits + Checks;
  localparam int unsigned Slices = (Bits + 63) / 64;
  localparam int unsigned Part = 512;  // bits of a loop: more than 1,024 Verilator takes for endless

  if (Copies < 1 || Copies > 3) $error("fl_memory: 1 to 3 copies");
  if (Group < 1 || Group > 64 || (Group & (Group - 1)) != 0)
    $error("fl_memory: Group must be a power of two up to 64");
  if ((Copies > 1 ? 1 : 0) + (Checks > 0 ? 1 : 0) + (Group > 1 ? 1 : 0) + (Clamps ? 1 : 0) > 1)
    $error("fl_memory: copies, check bits, mixed bits and ends exclude each other");
  if (Corrects && Checks == 0) $error("fl_memory: only check bits correct");
  if (Repairs && Copies != 3) $error("fl_memory: only votes repair");
  if (Repairs && Synchronous && Words < 2) $error("fl_memory: a word that was repaired is not read in the next cycle");

  // The place of a bit of a group's long word among the bits of the values.
  function automatic integer place(input integer at);
    integer i, below;
    begin
      below = 0;
      if (Pattern != '0) for (i = 0; i < at; i = i + 1) if (Pattern[i] == Pattern[at]) below = below + 1;
      if (Pattern == '0) place = at % Group * Bits + at / Group;
      else if (Pattern[at]) place = below;
      else place = 2 * Bits - 1 - below;
    end
  endfunction

  logic corrected, detected;
  logic [StoredBits-1:0] host_word;
  logic [Bits-1:0] host_read, host_value;  // what the host sees of the word, and what it makes of it

  assign corrected_o = access_i && corrected;
  assign detected_o  = access_i && detected;

  for (genvar s = 0; s < Slices; s++) begin : g_slice
    localparam int unsigned Size = s + 1 < Slices ? 64 : Bits - 64 * s;
    assign host_value[64*s+:Size] = Slices == 1 || host_slice_i == s ? host_data_i[Size-1:0] : host_read[64*s+:Size];
  end
  assign host_word[Bits-1:0] = host_value;
  for (genvar k = 0; k < Checks; k = k + Part) begin : g_check_part
    for (genvar i = k; i < Checks && i < k + Part; i++) begin : g_check
      assign host_word[Bits+i] = ^(host_value & Masks[i*Bits+:Bits]);
    end
  end

  for (genvar c = 0; c < Copies; c++) begin : g_copy
    logic [StoredBits-1:0] mem_q [0:Words-1];
    logic [StoredBits-1:0] word;
    if (Synchronous) begin : g_read
      logic [Group*StoredBits-1:0] read_q;  // the words of the group, the first one lowest
      for (genvar w = 0; w < Group; w++) begin : g_word
        logic [31:0] from;
        assign from = (32'(next_address_i) & ~(Group - 1)) + w;
        always_ff @(posedge clk_i) begin
          read_q[w*StoredBits+:StoredBits] <= mem_q[AddressBits'(from < Words ? from : 32'(next_address_i))];
        end
      end
      assign word = read_q[(32'(address_i)&(Group-1))*StoredBits+:StoredBits];
    end else begin : g_at_once
      assign word = mem_q[address_i];
    end
    always_ff @(posedge clk_i) begin
      if (host_sel_i && host_we_i && (!HostStored || Copies == 1 || host_copy_i == 2'(c))) begin
        mem_q[address_i] <= host_word;
      end else if (Repairs && corrected_o) begin  // where the copies agree, there is nothing to repair
        mem_q[address_i] <= StoredBits'(data_o);
      end
    end
  end

  if (Copies == 3) begin : g_vote
    assign data_o = (g_copy[0].word & g_copy[1].word) | (g_copy[0].word & g_copy[2].word) |
        (g_copy[1].word & g_copy[2].word);
    assign corrected = g_copy[0].word != g_copy[1].word || g_copy[0].word != g_copy[2].word;
    assign detected  = 1'b0;
  end else if (Copies == 2) begin : g_compare
    assign data_o    = g_copy[0].word;
    assign corrected = 1'b0;
    assign detected  = g_copy[0].word != g_copy[1].word;
  end else if (Checks > 0) begin : g_checks
    logic [Bits-1:0] value, wrong;  // wrong: the bit whose column the syndrome is
    logic [Checks-1:0] syndrome;    // which check bits are not those of the value
    logic fits;
    assign value = g_copy[0].word[Bits-1:0];
    for (genvar k = 0; k < Checks; k = k + Part) begin : g_syndrome_part
      for (genvar i = k; i < Checks && i < k + Part; i++) begin : g_syndrome
        assign syndrome[i] = g_copy[0].word[Bits+i] ^ ^(value & Masks[i*Bits+:Bits]);
      end
    end
    if (Corrects) begin : g_correct
      for (genvar k = 0; k < Bits; k = k + Part) begin : g_bit_part
        for (genvar b = k; b < Bits && b < k + Part; b++) begin : g_bit
          logic [Checks-1:0] column;
          for (genvar i = 0; i < Checks; i++) begin : g_column
            assign column[i] = Masks[i*Bits+b];
          end
          assign wrong[b] = syndrome == column;
        end
      end
      assign fits = wrong != '0 || (syndrome & (syndrome - 1'b1)) == '0;  // a check bit's column has one bit
    end else begin : g_detect
      assign wrong = '0;
      assign fits  = 1'b0;
    end
    assign data_o    = value ^ wrong;
    assign corrected = syndrome != '0 && fits;
    assign detected  = syndrome != '0 && !fits;
  end else if (Group > 1) begin : g_mixed
    logic whole;
    logic [31:0] first;
    logic [Group*Bits-1:0] long_word, values;
    assign first = 32'(address_i) & ~(Group - 1);
    assign whole = first + Group <= Words;
    for (genvar w = 0; w < Group; w++) begin : g_word  // the highest part has the lowest address
      if (Synchronous) begin : g_read
        assign long_word[(Group-1-w)*Bits+:Bits] = g_copy[0].g_read.read_q[w*StoredBits+:Bits];
      end else begin : g_at_once
        assign long_word[(Group-1-w)*Bits+:Bits] = g_copy[0].mem_q[AddressBits'(whole ? first + w : 0)];
      end
    end
    for (genvar k = 0; k < Group * Bits; k = k + Part) begin : g_bit_part
      for (genvar b = k; b < Group * Bits && b < k + Part; b++) begin : g_bit
        localparam int unsigned Place = place(b);
        assign values[Place] = long_word[b];
      end
    end
    assign data_o = whole ? values[(32'(address_i) & (Group-1))*Bits+:Bits] : g_copy[0].word;
    assign corrected = 1'b0;
    assign detected  = 1'b0;
  end else if (Clamps) begin : g_clamp
    logic below, above;
    assign below     = $signed(g_copy[0].word) < $signed(Least[Bits-1:0]);
    assign above     = $signed(g_copy[0].word) > $signed(Most[Bits-1:0]);
    assign data_o    = below ? Least[Bits-1:0] : above ? Most[Bits-1:0] : g_copy[0].word;
    assign corrected = below || above;
    assign detected  = 1'b0;
  end else begin : g_plain
    assign data_o    = g_copy[0].word;
    assign corrected = 1'b0;
    assign detected  = 1'b0;
  end

  logic unused_next_address;
  assign unused_next_address = ^next_address_i;

  if (HostStored && Copies == 3) begin : g_host_copy
    assign host_read = host_copy_i == 2'd0 ? g_copy[0].word[Bits-1:0] :
        host_copy_i == 2'd1 ? g_copy[1].word[Bits-1:0] : g_copy[2].word[Bits-1:0];
  end else if (HostStored) begin : g_host_stored
    assign host_read = g_copy[0].word[Bits-1:0];
  end else begin : g_host_value
    assign host_read = data_o;
  end
  if (Slices == 1) begin : g_host_word
    logic unused_slice;
    assign unused_slice = ^host_slice_i;
    assign host_data_o = host_sel_i ? host_read : '0;
  end else begin : g_host_slice
    assign host_data_o = host_sel_i ? HostBits'(host_read >> {host_slice_i, 6'd0}) : '0;
  end
endmodule

// Memory reader: fetches words_i 64-bit words from addr_i in AXI4 bursts and hands them on as a stream.
// One burst is outstanding at a time. Bursts end at 128-byte boundaries and so never cross 4 KB.
`include "fl_assert.svh"

module fl_mem_reader (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic [63:0] addr_i,
    input  logic [31:0] words_i,
    output logic [63:0] data_o,
    output logic        valid_o,
    input  logic        ready_i,
    // AXI4 read channels
    output logic [63:0] m_axi_araddr,
    output logic [ 7:0] m_axi_arlen,
    output logic        m_axi_arvalid,
    input  logic        m_axi_arready,
    input  logic [63:0] m_axi_rdata,
    input  logic        m_axi_rvalid,
    output logic        m_axi_rready
);
  localparam int unsigned BurstWords = 16;
  localparam int unsigned WordBytes = 8;

  logic [63:0] addr_q;
  logic [31:0] left_q;       // words whose burst has not been requested yet
  logic [4:0] beats_left_q;  // of the outstanding burst
  logic arvalid_q;
  logic [63:0] data_q;
  logic data_valid_q;

  logic [4:0] to_boundary, burst;
  logic take;

  assign to_boundary   = 5'(BurstWords) - 5'(addr_q[6:3]);
  assign burst         = left_q < 32'(to_boundary) ? left_q[4:0] : to_boundary;
  assign m_axi_araddr  = addr_q;
  assign m_axi_arlen   = 8'(burst) - 8'd1;
  assign m_axi_arvalid = arvalid_q;
  assign m_axi_rready  = beats_left_q != '0 && (!data_valid_q || ready_i);
  assign take          = m_axi_rvalid && m_axi_rready;
  assign data_o        = data_q;
  assign valid_o       = data_valid_q;

  always_ff @(posedge clk_i) begin
    if (take) data_q <= m_axi_rdata;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      addr_q       <= '0;
      left_q       <= '0;
      beats_left_q <= '0;
      arvalid_q    <= 1'b0;
      data_valid_q <= 1'b0;
    end else begin
      if (start_i) begin
        addr_q    <= addr_i;
        left_q    <= words_i;
        arvalid_q <= words_i != '0;
      end else if (arvalid_q && m_axi_arready) begin
        arvalid_q    <= 1'b0;
        beats_left_q <= burst;
        addr_q       <= addr_q + 64'(burst) * WordBytes;
        left_q       <= left_q - 32'(burst);
      end else if (take) begin
        beats_left_q <= beats_left_q - 1'b1;
        if (beats_left_q == 5'd1 && left_q != '0) arvalid_q <= 1'b1;
      end
      if (take) data_valid_q <= 1'b1;
      else if (ready_i) data_valid_q <= 1'b0;
    end
  end

  `FL_ASSERT_STREAM(ReaderOut, valid_o, ready_i, data_o)

  fl_axi_read_rules u_rules (
      .clk_i,
      .rst_ni,
      .araddr_i (m_axi_araddr),
      .arlen_i  (m_axi_arlen),
      .arvalid_i(m_axi_arvalid),
      .arready_i(m_axi_arready),
      .rdata_i  (m_axi_rdata),
      .rvalid_i (m_axi_rvalid),
      .rready_i (m_axi_rready)
  );
endmodule

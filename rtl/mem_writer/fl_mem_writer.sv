// Memory writer: stores words_i 64-bit words of the stream at addr_i in AXI4 bursts and tells when the
// last one has been acknowledged. One burst is outstanding at a time, up to the next 128-byte boundary.
module fl_mem_writer (
    input  logic        clk_i,
    input  logic        rst_ni,
    input  logic        start_i,
    input  logic [63:0] addr_i,
    input  logic [31:0] words_i,
    output logic        done_o,        // one cycle, after the last response
    input  logic [63:0] data_i,
    input  logic        valid_i,
    output logic        ready_o,
    // AXI4 write channels
    output logic [63:0] m_axi_awaddr,
    output logic [ 7:0] m_axi_awlen,
    output logic        m_axi_awvalid,
    input  logic        m_axi_awready,
    output logic [63:0] m_axi_wdata,
    output logic        m_axi_wlast,
    output logic        m_axi_wvalid,
    input  logic        m_axi_wready,
    input  logic        m_axi_bvalid,
    output logic        m_axi_bready
);
  localparam int unsigned BurstWords = 16;
  localparam int unsigned WordBytes = 8;

  typedef enum logic [1:0] {
    Idle,
    Address,
    Data,
    Response
  } state_e;

  state_e state_q;
  logic [63:0] addr_q;
  logic [31:0] left_q;         // words whose burst has not been requested yet
  logic [4:0] beats_to_take_q; // words of the burst that have not entered the register
  logic [4:0] beats_to_send_q; // words of the burst that have not left it
  logic [63:0] data_q;
  logic data_valid_q;

  logic [4:0] to_boundary, burst;
  logic take, send;

  assign to_boundary   = 5'(BurstWords) - 5'(addr_q[6:3]);
  assign burst         = left_q < 32'(to_boundary) ? left_q[4:0] : to_boundary;
  assign m_axi_awaddr  = addr_q;
  assign m_axi_awlen   = 8'(burst) - 8'd1;
  assign m_axi_awvalid = state_q == Address;
  assign m_axi_wdata   = data_q;
  assign m_axi_wlast   = beats_to_send_q == 5'd1;
  assign m_axi_wvalid  = data_valid_q;
  assign m_axi_bready  = state_q == Response;
  assign ready_o       = beats_to_take_q != '0 && (!data_valid_q || m_axi_wready);
  assign take          = valid_i && ready_o;
  assign send          = data_valid_q && m_axi_wready;
  assign done_o        = state_q == Response && m_axi_bvalid && left_q == '0;

  always_ff @(posedge clk_i) begin
    if (take) data_q <= data_i;
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q         <= Idle;
      addr_q          <= '0;
      left_q          <= '0;
      beats_to_take_q <= '0;
      beats_to_send_q <= '0;
      data_valid_q    <= 1'b0;
    end else begin
      if (take) data_valid_q <= 1'b1;
      else if (send) data_valid_q <= 1'b0;
      if (take) beats_to_take_q <= beats_to_take_q - 1'b1;
      if (send) beats_to_send_q <= beats_to_send_q - 1'b1;
      unique case (state_q)
        Idle:
        if (start_i) begin
          addr_q  <= addr_i;
          left_q  <= words_i;
          state_q <= Address;
        end
        Address:
        if (m_axi_awready) begin
          beats_to_take_q <= burst;
          beats_to_send_q <= burst;
          addr_q          <= addr_q + 64'(burst) * WordBytes;
          left_q          <= left_q - 32'(burst);
          state_q         <= Data;
        end
        Data: if (send && m_axi_wlast) state_q <= Response;
        Response: if (m_axi_bvalid) state_q <= left_q == '0 ? Idle : Address;
      endcase
    end
  end

  fl_axi_write_rules u_rules (
      .clk_i,
      .rst_ni,
      .awaddr_i (m_axi_awaddr),
      .awlen_i  (m_axi_awlen),
      .awvalid_i(m_axi_awvalid),
      .awready_i(m_axi_awready),
      .wdata_i  (m_axi_wdata),
      .wlast_i  (m_axi_wlast),
      .wvalid_i (m_axi_wvalid),
      .wready_i (m_axi_wready),
      .bvalid_i (m_axi_bvalid),
      .bready_i (m_axi_bready)
  );
endmodule

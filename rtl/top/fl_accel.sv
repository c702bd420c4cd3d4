// The accelerator: control registers, the run's small state machine and the pipeline.
//
// doInit 0 computes numReps images, 1 writes one parameter word, 2 reads one back to the output address.
module fl_accel (
    input  logic        clk_i,
    input  logic        rst_ni,
    // AXI4-Lite slave: registers
    input  logic [ 6:0] s_axil_awaddr,
    input  logic        s_axil_awvalid,
    output logic        s_axil_awready,
    input  logic [31:0] s_axil_wdata,
    input  logic [ 3:0] s_axil_wstrb,
    input  logic        s_axil_wvalid,
    output logic        s_axil_wready,
    output logic        s_axil_bvalid,
    input  logic        s_axil_bready,
    input  logic [ 6:0] s_axil_araddr,
    input  logic        s_axil_arvalid,
    output logic        s_axil_arready,
    output logic [31:0] s_axil_rdata,
    output logic        s_axil_rvalid,
    input  logic        s_axil_rready,
    // AXI4 master: images in, scores out. Error responses are ignored, as the HLS original does.
    output logic [63:0] m_axi_araddr,
    output logic [ 7:0] m_axi_arlen,
    output logic        m_axi_arvalid,
    input  logic        m_axi_arready,
    input  logic [63:0] m_axi_rdata,
    input  logic        m_axi_rvalid,
    output logic        m_axi_rready,
    output logic [63:0] m_axi_awaddr,
    output logic [ 7:0] m_axi_awlen,
    output logic        m_axi_awvalid,
    input  logic        m_axi_awready,
    output logic [63:0] m_axi_wdata,
    output logic        m_axi_wlast,
    output logic        m_axi_wvalid,
    input  logic        m_axi_wready,
    input  logic        m_axi_bvalid,
    output logic        m_axi_bready,
    output logic        irq_o,
    output logic        busy_o,       // something is under way, or about to begin
    output logic        computing_o   // a run is under way
);
  typedef enum logic [1:0] {
    Idle,
    Compute,
    WriteParam,
    ReadParam
  } state_e;

  state_e state_q;
  logic begin_q;  // first cycle of a state that uses the memory ports
  logic start, done, writer_done;
  logic [63:0] in_addr, out_addr, val;
  logic [31:0] do_init, target_layer, target_mem, target_ind, target_thresh, num_reps, target_module;
  logic [31:0] corrected, detected;

  fl_axil_regs #(
      .HasTargetModule(fl_regs_pkg::HasTargetModule)
  ) u_regs (
      .clk_i,
      .rst_ni,
      .s_axil_awaddr,
      .s_axil_awvalid,
      .s_axil_awready,
      .s_axil_wdata,
      .s_axil_wstrb,
      .s_axil_wvalid,
      .s_axil_wready,
      .s_axil_bvalid,
      .s_axil_bready,
      .s_axil_araddr,
      .s_axil_arvalid,
      .s_axil_arready,
      .s_axil_rdata,
      .s_axil_rvalid,
      .s_axil_rready,
      .start_o        (start),
      .done_i         (done),
      .idle_i         (state_q == Idle && !start),
      .in_addr_o      (in_addr),
      .out_addr_o     (out_addr),
      .do_init_o      (do_init),
      .target_layer_o (target_layer),
      .target_mem_o   (target_mem),
      .target_ind_o   (target_ind),
      .target_thresh_o(target_thresh),
      .val_o          (val),
      .num_reps_o     (num_reps),
      .target_module_o(target_module),
      .corrected_i    (corrected),
      .detected_i     (detected),
      .irq_o
  );

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      state_q <= Idle;
      begin_q <= 1'b0;
    end else begin
      begin_q <= 1'b0;
      unique case (state_q)
        Idle:
        if (start) begin
          begin_q <= 1'b1;
          state_q <= do_init == fl_regs_pkg::DoInitWrite ? WriteParam :
              do_init == fl_regs_pkg::DoInitRead ? ReadParam : Compute;
        end
        Compute: if (writer_done || num_reps == '0) state_q <= Idle;
        WriteParam: state_q <= Idle;
        ReadParam: if (writer_done) state_q <= Idle;
      endcase
    end
  end

  assign done = (state_q == Compute && (writer_done || num_reps == '0)) || state_q == WriteParam ||
      (state_q == ReadParam && writer_done);

  fl_pipeline u_pipeline (
      .clk_i,
      .rst_ni,
      .start_i       (begin_q && (state_q == ReadParam || (state_q == Compute && num_reps != '0))),
      .readback_i    (state_q == ReadParam),
      .in_addr_i     (in_addr),
      .out_addr_i    (out_addr),
      .images_i      (num_reps),
      .done_o        (writer_done),
      .param_layer_i (target_layer),
      .param_access_i(state_q == WriteParam || state_q == ReadParam),
      .param_we_i    (state_q == WriteParam),
      .param_copy_i  (target_module),
      .param_pe_i    (target_mem),
      .param_word_i  (target_ind),
      .param_thresh_i(target_thresh),
      .param_data_i  (val),
      .corrected_o   (corrected),
      .detected_o    (detected),
      .m_axi_araddr,
      .m_axi_arlen,
      .m_axi_arvalid,
      .m_axi_arready,
      .m_axi_rdata,
      .m_axi_rvalid,
      .m_axi_rready,
      .m_axi_awaddr,
      .m_axi_awlen,
      .m_axi_awvalid,
      .m_axi_awready,
      .m_axi_wdata,
      .m_axi_wlast,
      .m_axi_wvalid,
      .m_axi_wready,
      .m_axi_bvalid,
      .m_axi_bready
  );

  assign busy_o      = state_q != Idle || start;
  assign computing_o = state_q == Compute;
endmodule

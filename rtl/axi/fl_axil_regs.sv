// Control registers behind an AXI4-Lite slave, with the protocol of an HLS block (ap_ctrl_hs, interrupt).
// Offsets come from the driver's own header through the generated fl_regs_pkg.
module fl_axil_regs #(
    parameter bit HasTargetModule = 1'b0
) (
    input  logic        clk_i,
    input  logic        rst_ni,
    // AXI4-Lite
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
    // Kernel
    output logic        start_o,          // level: a run is wanted
    input  logic        done_i,           // one cycle at a run's end
    input  logic        idle_i,
    output logic [63:0] in_addr_o,
    output logic [63:0] out_addr_o,
    output logic [31:0] do_init_o,
    output logic [31:0] target_layer_o,
    output logic [31:0] target_mem_o,
    output logic [31:0] target_ind_o,
    output logic [31:0] target_thresh_o,
    output logic [63:0] val_o,
    output logic [31:0] num_reps_o,
    output logic [31:0] target_module_o,
    input  logic [31:0] corrected_i,
    input  logic [31:0] detected_i,
    output logic        irq_o
);
  logic start_q, done_q, auto_restart_q;
  logic gie_q;
  logic [1:0] ier_q, isr_q;
  logic [63:0] in_addr_q, out_addr_q, val_q;
  logic [31:0] do_init_q, target_layer_q, target_mem_q, target_ind_q, target_thresh_q, num_reps_q;
  logic bvalid_q, rvalid_q;
  logic [31:0] rdata_q;

  logic write, read;
  logic [31:0] wmask;

  assign write          = s_axil_awvalid && s_axil_wvalid && !bvalid_q;
  assign read           = s_axil_arvalid && !rvalid_q;
  assign s_axil_awready = write;
  assign s_axil_wready  = write;
  assign s_axil_bvalid  = bvalid_q;
  assign s_axil_arready = read;
  assign s_axil_rvalid  = rvalid_q;
  assign s_axil_rdata   = rdata_q;
  assign wmask          = {{8{s_axil_wstrb[3]}}, {8{s_axil_wstrb[2]}}, {8{s_axil_wstrb[1]}},
                           {8{s_axil_wstrb[0]}}};

  function automatic logic [31:0] merged(input logic [31:0] old, input logic [31:0] data,
                                         input logic [31:0] mask);
    merged = (old & ~mask) | (data & mask);
  endfunction

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      bvalid_q <= 1'b0;
      rvalid_q <= 1'b0;
    end else begin
      if (write) bvalid_q <= 1'b1;
      else if (s_axil_bready) bvalid_q <= 1'b0;
      if (read) rvalid_q <= 1'b1;
      else if (s_axil_rready) rvalid_q <= 1'b0;
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni) begin
      start_q         <= 1'b0;
      done_q          <= 1'b0;
      auto_restart_q  <= 1'b0;
      gie_q           <= 1'b0;
      ier_q           <= '0;
      isr_q           <= '0;
      in_addr_q       <= '0;
      out_addr_q      <= '0;
      val_q           <= '0;
      do_init_q       <= '0;
      target_layer_q  <= '0;
      target_mem_q    <= '0;
      target_ind_q    <= '0;
      target_thresh_q <= '0;
      num_reps_q      <= '0;
    end else begin
      if (done_i) start_q <= auto_restart_q;
      if (read && s_axil_araddr == fl_regs_pkg::Ctrl) done_q <= 1'b0;
      if (done_i) done_q <= 1'b1;
      if (write) begin
        unique0 case (s_axil_awaddr)
          fl_regs_pkg::Ctrl: if (s_axil_wstrb[0]) begin
            if (s_axil_wdata[fl_regs_pkg::CtrlStart]) start_q <= 1'b1;
            auto_restart_q <= s_axil_wdata[fl_regs_pkg::CtrlAutoRestart];
          end
          fl_regs_pkg::Gie: if (s_axil_wstrb[0]) gie_q <= s_axil_wdata[0];
          fl_regs_pkg::Ier: if (s_axil_wstrb[0]) ier_q <= s_axil_wdata[1:0];
          fl_regs_pkg::Isr: ;
          fl_regs_pkg::InLow: in_addr_q[31:0] <= merged(in_addr_q[31:0], s_axil_wdata, wmask);
          fl_regs_pkg::InHigh: in_addr_q[63:32] <= merged(in_addr_q[63:32], s_axil_wdata, wmask);
          fl_regs_pkg::OutLow: out_addr_q[31:0] <= merged(out_addr_q[31:0], s_axil_wdata, wmask);
          fl_regs_pkg::OutHigh: out_addr_q[63:32] <= merged(out_addr_q[63:32], s_axil_wdata, wmask);
          fl_regs_pkg::DoInit: do_init_q <= merged(do_init_q, s_axil_wdata, wmask);
          fl_regs_pkg::TargetLayer: target_layer_q <= merged(target_layer_q, s_axil_wdata, wmask);
          fl_regs_pkg::TargetMem: target_mem_q <= merged(target_mem_q, s_axil_wdata, wmask);
          fl_regs_pkg::TargetInd: target_ind_q <= merged(target_ind_q, s_axil_wdata, wmask);
          fl_regs_pkg::TargetThresh: target_thresh_q <= merged(target_thresh_q, s_axil_wdata, wmask);
          fl_regs_pkg::ValLow: val_q[31:0] <= merged(val_q[31:0], s_axil_wdata, wmask);
          fl_regs_pkg::ValHigh: val_q[63:32] <= merged(val_q[63:32], s_axil_wdata, wmask);
          fl_regs_pkg::NumReps: num_reps_q <= merged(num_reps_q, s_axil_wdata, wmask);
          default: ;
        endcase
      end
      // Status bits toggle on write; an event in the same cycle wins.
      if (write && s_axil_awaddr == fl_regs_pkg::Isr && s_axil_wstrb[0]) isr_q <= isr_q ^ s_axil_wdata[1:0];
      if (done_i && ier_q[0]) isr_q[0] <= 1'b1;
      if (done_i && ier_q[1]) isr_q[1] <= 1'b1;
    end
  end

  always_ff @(posedge clk_i) begin
    if (read) begin
      rdata_q <= '0;
      unique0 case (s_axil_araddr)
        fl_regs_pkg::Ctrl: begin
          rdata_q[fl_regs_pkg::CtrlStart]       <= start_q;
          rdata_q[fl_regs_pkg::CtrlDone]        <= done_q;
          rdata_q[fl_regs_pkg::CtrlIdle]        <= idle_i;
          rdata_q[fl_regs_pkg::CtrlReady]       <= done_q;
          rdata_q[fl_regs_pkg::CtrlAutoRestart] <= auto_restart_q;
        end
        fl_regs_pkg::Gie: rdata_q[0] <= gie_q;
        fl_regs_pkg::Ier: rdata_q[1:0] <= ier_q;
        fl_regs_pkg::Isr: rdata_q[1:0] <= isr_q;
        fl_regs_pkg::InLow: rdata_q <= in_addr_q[31:0];
        fl_regs_pkg::InHigh: rdata_q <= in_addr_q[63:32];
        fl_regs_pkg::OutLow: rdata_q <= out_addr_q[31:0];
        fl_regs_pkg::OutHigh: rdata_q <= out_addr_q[63:32];
        fl_regs_pkg::DoInit: rdata_q <= do_init_q;
        fl_regs_pkg::TargetLayer: rdata_q <= target_layer_q;
        fl_regs_pkg::TargetMem: rdata_q <= target_mem_q;
        fl_regs_pkg::TargetInd: rdata_q <= target_ind_q;
        fl_regs_pkg::TargetThresh: rdata_q <= target_thresh_q;
        fl_regs_pkg::ValLow: rdata_q <= val_q[31:0];
        fl_regs_pkg::ValHigh: rdata_q <= val_q[63:32];
        fl_regs_pkg::NumReps: rdata_q <= num_reps_q;
        fl_regs_pkg::TargetModule: rdata_q <= target_module_o;
        fl_regs_pkg::Corrected: rdata_q <= corrected_i;
        fl_regs_pkg::Detected: rdata_q <= detected_i;
        default: ;
      endcase
    end
  end

  // Only some hardwares have it.
  if (HasTargetModule) begin : g_target_module
    logic [31:0] target_module_q;
    always_ff @(posedge clk_i) begin
      if (!rst_ni) target_module_q <= '0;
      else if (write && s_axil_awaddr == fl_regs_pkg::TargetModule)
        target_module_q <= merged(target_module_q, s_axil_wdata, wmask);
    end
    assign target_module_o = target_module_q;
  end else begin : g_no_target_module
    assign target_module_o = '0;
  end

  assign start_o         = start_q;
  assign in_addr_o       = in_addr_q;
  assign out_addr_o      = out_addr_q;
  assign do_init_o       = do_init_q;
  assign target_layer_o  = target_layer_q;
  assign target_mem_o    = target_mem_q;
  assign target_ind_o    = target_ind_q;
  assign target_thresh_o = target_thresh_q;
  assign val_o           = val_q;
  assign num_reps_o      = num_reps_q;
  assign irq_o           = gie_q && isr_q != '0;

  fl_axil_rules u_rules (
      .clk_i,
      .rst_ni,
      .awaddr_i (s_axil_awaddr),
      .awvalid_i(s_axil_awvalid),
      .awready_i(s_axil_awready),
      .wdata_i  (s_axil_wdata),
      .wstrb_i  (s_axil_wstrb),
      .wvalid_i (s_axil_wvalid),
      .wready_i (s_axil_wready),
      .bvalid_i (s_axil_bvalid),
      .bready_i (s_axil_bready),
      .araddr_i (s_axil_araddr),
      .arvalid_i(s_axil_arvalid),
      .arready_i(s_axil_arready),
      .rdata_i  (s_axil_rdata),
      .rvalid_i (s_axil_rvalid),
      .rready_i (s_axil_rready)
  );
endmodule

// Counts accesses to code words, since a run's start and at most to what 32 bits hold.
module fl_event_counter #(
    parameter int unsigned Sources = 1
) (
    input  logic               clk_i,
    input  logic               rst_ni,
    input  logic               clear_i,
    input  logic [Sources-1:0] events_i,  // of this cycle, whichever come together
    output logic [       31:0] count_o
);
  logic [31:0] count_q;
  logic [32:0] next;
  assign count_o = count_q;

  always_comb begin
    next = {1'b0, count_q};
    if (events_i != '0) begin
      for (int unsigned i = 0; i < Sources; i++) next = next + 33'(events_i[i]);
    end
  end

  always_ff @(posedge clk_i) begin
    if (!rst_ni || clear_i) count_q <= '0;
    else count_q <= next[32] ? '1 : next[31:0];
  end
endmodule

// What an access gives of a code word with at most two wrong bits: the property `right`, whatever the value. `stored` is what
// the memory holds.
module secded_proof #(
    parameter int unsigned Bits   = 8,
    parameter int unsigned Checks = 5,
    parameter bit [1023:0] Masks  = '0
) (
    input  logic                   clk_i,
    input  logic                   host_we_i,
    input  logic [       Bits-1:0] value_i,
    input  logic                   wrong_i,   // some bit is; else none
    input  logic [            5:0] first_i,   // which one
    input  logic [            5:0] second_i,  // another one, if it is another one
    output logic [Bits+Checks-1:0] stored,
    output logic                   right
);
  logic [Bits+Checks-1:0] word;
  logic [Bits-1:0] data, host;
  logic corrected, detected;
  assign word[Bits-1:0] = value_i;
  for (genvar i = 0; i < Checks; i++) begin : g_check
    assign word[Bits+i] = ^(value_i & Masks[i*Bits+:Bits]);
  end
  assign stored = word ^ (wrong_i ? (1 << first_i) | (1 << second_i) : '0);

  fl_memory #(
      .Words(1),
      .Bits(Bits),
      .Checks(Checks),
      .Masks(Masks),
      .Corrects(1'b1),
      .HostStored(1'b0)
  ) u_memory (
      .clk_i,
      .address_i  (1'b0),
      .access_i   (1'b1),
      .data_o     (data),
      .corrected_o(corrected),
      .detected_o (detected),
      .host_sel_i (1'b1),
      .host_we_i,
      .host_copy_i(2'b0),
      .host_data_i(value_i),
      .host_data_o(host)
  );

  always_comb begin
    if (first_i >= Bits + Checks || second_i >= Bits + Checks) right = 1'b1;
    else if (!wrong_i) right = data == value_i && !corrected && !detected;
    else if (first_i == second_i) right = data == value_i && corrected && !detected;
    else right = data == stored[Bits-1:0] && !corrected && detected;
    if (host != data) right = 1'b0;
  end
endmodule

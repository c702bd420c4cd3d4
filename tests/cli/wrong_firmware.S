/* Firmware that does what firmware must not; which of it, says the macro WRONG. */
    .syntax unified
    .cpu cortex-a9
    .arm
    .global _start
_start:
    .macro unmapped           /* at PC + 4 */
    mov r0, #0x50000000
    str r0, [r0, #4]
    .endm
    .macro refused
    ldr r0, =0x42800000       /* a byte of the timer */
    ldrb r1, [r0]
    .endm
    .macro undefined
    udf #0
    .endm
    .macro jump
    mov pc, #0x50000000
    .endm
    .macro endless
1:  b 1b
    .endm
    .macro asleep
1:  wfi
    b 1b
    .endm
    .macro idle               /* ends well, with nothing done */
    mov r2, #0
    b exit
    .endm
    .macro failing
    mov r2, #3
    b exit
    .endm
    WRONG
exit:
    adr r1, block
    str r2, [r1, #4]
    mov r0, #0x20
    svc 0x123456
block:
    .word 0x20026, 0

/* From reset to main(), and the way of an interrupt to on_interrupt(). ARM code, no MMU, no caches. */
    .syntax unified
    .cpu cortex-a9
    .arm

    .section .vectors, "ax"
    .global vectors
vectors:
    b reset
    udf #1                    /* undefined instruction */
    udf #2                    /* supervisor call: semihosting is served by the platform */
    udf #3                    /* prefetch abort */
    udf #4                    /* data abort */
    udf #5                    /* reserved */
    b interrupt
    udf #7                    /* fast interrupt */

    .text
reset:
    cps #0x12                 /* interrupt mode has a stack of its own */
    ldr sp, =interrupt_stack_end
    cps #0x13
    ldr sp, =stack_end
    ldr r0, =bss_begin
    ldr r1, =bss_end
    mov r2, #0
1:  cmp r0, r1
    strlo r2, [r0], #4
    blo 1b
    bl main
    /* Semihosting SYS_EXIT_EXTENDED with {ADP_Stopped_ApplicationExit, exit code}. */
    ldr r1, =exit_block
    str r0, [r1, #4]
    mov r0, #0x20
    svc 0x123456

interrupt:
    sub lr, lr, #4
    push {r0-r3, r12, lr}
    bl on_interrupt
    ldm sp!, {r0-r3, r12, pc}^

    .data
    .balign 4
exit_block:
    .word 0x20026, 0

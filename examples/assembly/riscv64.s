# weft run --asm examples/assembly/riscv64.s --arch riscv64
.globl _start
_start:
    li   a0, 1                  # standard output
    la   a1, text
    li   a2, 19
    li   a7, 64                 # write
    ecall
    li   a0, 0
    li   a7, 93                 # exit
    ecall
.section .rodata
text: .ascii "hello from riscv64\n"

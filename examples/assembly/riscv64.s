# Counts lines, words and bytes, as wc does: weft run --asm examples/assembly/riscv64.s --arch riscv64 --stdin LICENSE
.globl _start

.text
_start:
    li s1, 0                    # lines
    li s2, 0                    # words
    li s3, 0                    # bytes
    li s4, 0                    # 1 within a word
    li s5, 10
    li s6, 32
read:
    li a0, 0                    # standard input
    la a1, buffer
    li a2, 4096
    li a7, 63                   # read
    ecall
    bltz a0, failed
    beqz a0, done
    add s3, s3, a0
    la t0, buffer
    add t1, t0, a0
next:
    lbu t2, 0(t0)
    bne t2, s5, within          # the end of a line
    addi s1, s1, 1
within:
    bgtu t2, s6, letter
    li s4, 0
    j step
letter:
    xori s4, s4, 1              # 1 only for a word's first
    add s2, s2, s4
    li s4, 1
step:
    addi t0, t0, 1
    bltu t0, t1, next
    j read

done:                           # the answer is written from its end
    la a1, end
    addi a1, a1, -1
    sb s5, 0(a1)
    mv a0, s3
    call decimal
    mv a0, s2
    call decimal
    mv a0, s1
    call decimal
    addi a1, a1, 1              # without the space before the first number
    la a2, end
    sub a2, a2, a1
    li a0, 1                    # standard output
    li a7, 64                   # write
    ecall
    li a0, 0
    j leave
failed:
    li a0, 1
leave:
    li a7, 93                   # exit
    ecall

decimal:                        # a0 before a1, and a space before that
    remu t0, a0, s5
    addi t0, t0, '0'
    addi a1, a1, -1
    sb t0, 0(a1)
    divu a0, a0, s5
    bnez a0, decimal
    addi a1, a1, -1
    sb s6, 0(a1)
    ret

.bss
buffer: .skip 4096
text: .skip 80
end:

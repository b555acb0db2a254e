// Counts lines, words and bytes, as wc does: weft run --asm examples/assembly/arm64.s --arch arm64 --stdin LICENSE
.globl _start

.text
_start:
    mov x19, #0                 // lines
    mov x20, #0                 // words
    mov x21, #0                 // bytes
    mov x22, #0                 // 1 within a word
read:
    mov x0, #0                  // standard input
    adrp x1, buffer
    add x1, x1, :lo12:buffer
    mov x2, #4096
    mov x8, #63                 // read
    svc #0
    cmp x0, #0
    b.lt failed
    b.eq done
    add x21, x21, x0
    adrp x1, buffer
    add x1, x1, :lo12:buffer
    add x2, x1, x0
next:
    ldrb w3, [x1], #1
    cmp w3, #10                 // the end of a line
    cinc x19, x19, eq
    cmp w3, #32
    b.hi letter
    mov x22, #0
    b step
letter:
    eor x22, x22, #1            // 1 only for a word's first
    add x20, x20, x22
    mov x22, #1
step:
    cmp x1, x2
    b.lo next
    b read

done:                           // the answer is written from its end
    adrp x4, end
    add x4, x4, :lo12:end
    mov x1, x4
    mov w3, #10
    strb w3, [x1, #-1]!
    mov x0, x21
    bl decimal
    mov x0, x20
    bl decimal
    mov x0, x19
    bl decimal
    add x1, x1, #1              // without the space before the first number
    sub x2, x4, x1
    mov x0, #1                  // standard output
    mov x8, #64                 // write
    svc #0
    mov x0, #0
    b leave
failed:
    mov x0, #1
leave:
    mov x8, #93                 // exit
    svc #0

decimal:                        // x0 before x1, and a space before that
    mov x5, #10
digit:
    udiv x6, x0, x5
    msub x7, x6, x5, x0
    add w7, w7, #'0'
    strb w7, [x1, #-1]!
    mov x0, x6
    cbnz x0, digit
    mov w7, #' '
    strb w7, [x1, #-1]!
    ret

.bss
buffer: .skip 4096
text: .skip 80
end:

// weft run --asm examples/assembly/arm64.s --arch arm64
.globl _start
_start:
    mov x0, #1                  // standard output
    adr x1, text
    mov x2, #(end - text)
    mov x8, #64                 // write
    svc #0
    mov x0, #0
    mov x8, #93                 // exit
    svc #0
text: .ascii "hello from arm64\n"
end:

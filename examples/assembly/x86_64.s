# weft run --asm examples/assembly/x86_64.s --arch x86_64
.globl _start
_start:
    mov $1, %edi                # standard output
    lea text(%rip), %rsi
    mov $(end - text), %edx
    mov $1, %eax                # write
    syscall
    xor %edi, %edi
    mov $60, %eax               # exit
    syscall
.section .rodata
text: .ascii "hello from x86_64\n"
end:

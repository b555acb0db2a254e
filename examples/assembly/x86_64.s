# Counts lines, words and bytes, as wc does: weft run --asm examples/assembly/x86_64.s --arch x86_64 --stdin LICENSE
.globl _start

.text
_start:
    xor %r12d, %r12d            # lines
    xor %r13d, %r13d            # words
    xor %r14d, %r14d            # bytes
    xor %r15d, %r15d            # 1 within a word
read:
    xor %edi, %edi              # standard input
    lea buffer(%rip), %rsi
    mov $4096, %edx
    xor %eax, %eax              # read
    syscall
    test %rax, %rax
    js failed
    jz done
    add %rax, %r14
    lea buffer(%rip), %rsi
    lea (%rsi, %rax), %rcx
next:
    movzbl (%rsi), %edx
    xor %eax, %eax
    cmp $10, %dl                # the end of a line
    sete %al
    add %rax, %r12
    cmp $32, %dl
    ja letter
    xor %r15d, %r15d
    jmp step
letter:
    xor $1, %r15d               # 1 only for a word's first
    add %r15, %r13
    mov $1, %r15d
step:
    inc %rsi
    cmp %rcx, %rsi
    jb next
    jmp read

done:                           # the answer is written from its end
    lea end(%rip), %rdi
    dec %rdi
    movb $10, (%rdi)
    mov %r14, %rax
    call decimal
    mov %r13, %rax
    call decimal
    mov %r12, %rax
    call decimal
    lea 1(%rdi), %rsi           # without the space before the first number
    lea end(%rip), %rdx
    sub %rsi, %rdx
    mov $1, %edi                # standard output
    mov $1, %eax                # write
    syscall
    xor %edi, %edi
    jmp leave
failed:
    mov $1, %edi
leave:
    mov $60, %eax               # exit
    syscall

decimal:                        # %rax before %rdi, and a space before that
    mov $10, %ecx
digit:
    xor %edx, %edx
    div %rcx
    add $'0', %dl
    dec %rdi
    mov %dl, (%rdi)
    test %rax, %rax
    jnz digit
    dec %rdi
    movb $' ', (%rdi)
    ret

.bss
buffer: .skip 4096
text: .skip 80
end:

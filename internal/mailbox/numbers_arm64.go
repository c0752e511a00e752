package mailbox

// Numbers of system calls.
const sysGetpid, sysSigaction = 172, 134

package mailbox

// Numbers of system calls.
const sysGetpid, sysSigaction = 39, 13

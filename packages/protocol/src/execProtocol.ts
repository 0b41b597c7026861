/** WebSocket subprotocol of an interactive command. Contract 6.5. */
export const execProtocol = "miosa-exec-v1";

/**
 * First byte of a `miosa-exec-v1` message. `exit` is followed by a big-endian u32 exit code, `resize` by big-endian u16 rows
 * and columns. An empty `stdin` message closes the command's input, and `signal` carries a signal's name in ASCII: both are
 * extensions of ours, which servers that do not know them ignore.
 */
export const execFrames = { stdin: 0, stdout: 1, stderr: 2, exit: 3, signal: 4, resize: 5 } as const;

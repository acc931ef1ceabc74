/**
 * Turns onnxruntime's telemetry off, and with it a crash: when it starts, it matches the process' command line against a
 * regular expression that recurses once a character, so that a thousand file names overflow the stack.
 *
 * Only the main thread's environment is the real one: import this there, before onnxruntime is loaded in any thread.
 */
process.env.ORT_DISABLE_TELEMETRY ??= "1";

/**
 * Milliseconds that an agent takes at most for a change of what it serves, from its first file to the answer of its web server. A
 * change that has not shown by then is undone, and refused.
 */
export const CHANGE_LIMIT = 30_000;

/**
 * Milliseconds that the controller waits for the answer to a change: longer than the agent may take, with what the way and the
 * files need. Who has not answered by then is told to take the change back, until it says that it has.
 */
export const CHANGE_PATIENCE = CHANGE_LIMIT + 10_000;

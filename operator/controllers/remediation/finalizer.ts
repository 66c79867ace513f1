/** Keeps a Remediation, and with it the record of what was done, until what can be undone is undone. */
export const undoFinalizer = 'homeostat.dev/undo';

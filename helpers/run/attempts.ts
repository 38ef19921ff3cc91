import type { Checked } from './check.ts';
import { mostAttempts } from './operate.ts';

/**
 * Proves a scenario again, from its beginning, where a change in it was out of sight: that says nothing about anybody. What
 * was seen to be wrong is wrong at the first attempt. The record of each watch says of which attempt it is.
 */
export const proveUntilSeen = async (
  prove: () => Promise<Checked>,
  signal: AbortSignal,
): Promise<Checked> => {
  for (let attempt = 1; ; attempt += 1) {
    const checked = await prove();
    if (attempt > 1)
      for (const { operation } of checked.record.steps) if (operation) operation.attempt = attempt;
    if (checked.cause !== 'blind' || attempt === mostAttempts || signal.aborted) return checked;
  }
};

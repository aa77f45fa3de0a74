/** What is said of targets on the way from a source to its first delivery. Pure. */
import type { TargetView } from '../api/schema';

/** The host that a target's settings name, where they name one. */
export function addressOf(target: TargetView): string {
  const { url } = target.settings as { url?: unknown };
  return typeof url === 'string' ? (URL.parse(url)?.host ?? '') : '';
}
